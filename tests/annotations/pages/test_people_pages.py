"""An admin without a shell and without being superuser keeps everybody's account."""

import html
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotations.queues.assignments import take_next
from facsweb.audit.models import WaitingEntry
from tests.annotations.queues.team import coding_queue
from tests.cast import make_user
from tests.factories import make_face

pytestmark = pytest.mark.django_db
NEW = {"password": "another-long-password", "again": "another-long-password"}


def said(answer) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


def code_in(answer) -> str:
    return re.search(r"/welcome/#([A-Z0-9-]+)", said(answer))[1]


def test_invited_person_chooses_a_password_and_comes_in(as_user, boss):
    client = as_user(boss)
    made = client.post("/people/invite/", {"username": "dora", "role": "coder"})
    assert "no-store" in made["Cache-Control"]
    assert "invited" in said(client.get("/people/"))
    dora = User.objects.get(username="dora")
    assert not dora.has_usable_password()
    assert code_in(made) not in said(client.get(f"/people/{dora.pk}/"))
    hers = Client()
    hers.post("/welcome/", {"code": code_in(made), **NEW})
    assert hers.get("/").status_code == 200
    assert "<dd> active </dd>" in said(client.get(f"/people/{dora.pk}/"))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"username": "ADA", "role": "coder"}, "already"),
        ({"username": "two words", "role": "coder"}, "valid username"),
        ({"username": "x" * 151}, "150"),
        ({"username": "", "role": "coder"}, "valid username"),
        ({"username": "dora", "role": "emperor"}, "no role"),
    ],
)
def test_a_bad_invitation_is_told_and_makes_nobody(as_user, boss, ada, form, words):
    before = User.objects.count()
    assert words in said(as_user(boss).post("/people/invite/", form, follow=True))
    assert User.objects.count() == before


def test_roles_are_given_and_taken_and_recorded(as_user, boss, ada):
    client, hers = as_user(boss), as_user(ada)
    client.post(f"/people/{ada.pk}/role/", {"role": "reviewer", "auditor": "1"})
    assert {group.name for group in ada.groups.all()} == {"reviewer", "auditor"}
    assert hers.get("/account/").status_code == 200  # more rights end no session
    client.post(f"/people/{ada.pk}/role/", {"role": ""})
    assert not ada.groups.exists()
    assert hers.get("/account/").status_code == 302
    acts = list(WaitingEntry.objects.filter(about_id=ada.pk).values_list("action", flat=True))
    assert {"role.given", "role.taken", "session.ended"} <= set(acts)


def test_a_lost_password_gets_a_link(as_user, boss, ada):
    made = as_user(boss).post(f"/people/{ada.pk}/link/")
    ada.refresh_from_db()
    assert ada.check_password("a-long-test-password")  # until the link is used
    Client().post("/welcome/", {"code": code_in(made), **NEW})
    ada.refresh_from_db()
    assert ada.check_password(NEW["password"])


def test_deactivated_reactivated_and_handed_over(as_user, boss, ada, ben):
    make_face()
    queue = coding_queue(boss, coding=[ada], acceptance=[ben])
    take_next(queue, ada, "coding")
    client, hers = as_user(boss), as_user(ada)
    told = said(client.post(f"/people/{ada.pk}/deactivate/", follow=True))
    assert "ada is named in “Q”" in told
    assert hers.get("/").status_code == 302
    assert "is deactivated" in said(client.post(f"/people/{ada.pk}/link/", follow=True))
    make_user("dora", "coder")
    told = said(client.post(f"/people/{ada.pk}/hand-over/", {"to": "dora"}, follow=True))
    assert "dora holds 1 face more" in told
    client.post(f"/people/{ada.pk}/reactivate/")
    ada.refresh_from_db()
    assert ada.is_active
    assert hers.get("/").status_code == 302


def test_a_superuser_is_beyond_an_admin(as_user, boss):
    root = make_user("root", None)
    root.is_superuser = True
    root.save()
    client = as_user(boss)
    page = said(client.get(f"/people/{root.pk}/"))
    assert "only a superuser can change" in page
    assert "Deactivate" not in page
    for what in ("role", "link", "deactivate", "hand-over"):
        form = {"role": "coder", "to": "boss"}
        told = said(client.post(f"/people/{root.pk}/{what}/", form, follow=True))
        assert "only a superuser can change" in told
        assert "/welcome/#" not in told
    root.refresh_from_db()
    assert root.is_active


def test_the_last_admin_is_told_why_not(as_user, boss):
    client = as_user(boss)
    for what, form in (("deactivate", {}), ("role", {"role": "coder"})):
        told = said(client.post(f"/people/{boss.pk}/{what}/", form, follow=True))
        assert "last admin" in told
    assert client.get("/people/").status_code == 200


def test_empty_gallery_leads_an_admin_on(as_user, boss):
    page = said(as_user(boss).get("/"))
    for address in ("/data/", "/training/new/", "/people/"):
        assert f'href="{address}"' in page
