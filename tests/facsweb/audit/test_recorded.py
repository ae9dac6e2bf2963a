"""What people do is in the audit afterwards: who, what, when and from where; and no label."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.test import Client
from rest_framework.test import APIClient

from annotations.codings.services import human_coder
from annotations.models import Face, Subject
from annotations.transfers.models import Export, Import
from facsweb.accounts.tokens import issue_token
from facsweb.audit.models import AuditEntry
from facsweb.audit.selectors import entries, entries_about
from inference.registry import promote
from tests.factories import make_face, make_subject, make_version

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"


def acts(since: int = 0, **about) -> list[str]:
    """The actions in the audit after entry `since`, in their order."""
    found = entries().filter(number__gt=since, **about).order_by("number")
    return list(found.values_list("action", flat=True))


def number() -> int:
    return max(entries().values_list("number", flat=True), default=0)


def last(action: str) -> AuditEntry:
    return entries().filter(action=action).first()


@pytest.fixture
def face(db) -> Face:
    return make_face(make_subject("S777"), sequence="001", frame=9)


def test_sign_in_and_out(ada):
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post("/login/", {"username": "ada", "password": PASSWORD})
    client.post("/logout/")
    assert acts(actor=ada.pk)[-2:] == ["user.signed_in", "user.signed_out"]
    assert last("user.signed_in").address == "192.0.2.7"


@pytest.mark.parametrize("path", ["/login/", "/api/v1/token/"])
def test_failed_sign_ins_keep_neither_password_nor_a_mistyped_name(ada, path):
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post(path, {"username": "ada", "password": "wrong-one"})
    entry = last("user.sign_in_failed")
    assert (entry.actor, entry.about, entry.about_id) == (None, "user", ada.pk)
    assert entry.address == "192.0.2.7"
    client.post(path, {"username": "my-secret-password", "password": "wrong-one"})
    second = last("user.sign_in_failed")
    assert second.about_id is None
    assert len(second.told["name_digest"]) == 16
    kept = " ".join(f"{each.details} {each.actor_name}" for each in entries())
    assert "secret" not in kept and "wrong-one" not in kept


def test_each_face_is_kept_once_a_day_and_each_picture_every_time(as_user, ada, face):
    client = as_user(ada)
    for _ in range(2):
        client.get("/")
        client.get(f"/faces/{face.pk}/")
        b"".join(client.get(f"/faces/{face.pk}/thumbnail/128/").streaming_content)
    assert acts(actor=ada.pk, about="face") == ["face.seen"]
    for _ in range(2):
        b"".join(client.get(f"/faces/{face.pk}/image/").streaming_content)
    client.head(f"/faces/{face.pk}/image/")
    assert acts(actor=ada.pk, about="face") == ["face.seen", *["face.picture_sent"] * 2]
    assert {each.actor for each in entries_about("face", [face.pk])} == {ada.pk}


def test_what_is_fetched_ahead_is_sent_and_seen_once_it_is_shown(as_user, ada, ben, boss, face):
    client, ahead = as_user(ada), {"X-Ahead": "1"}
    page = client.get(f"/faces/{face.pk}/", headers=ahead).content.decode()
    client.get(f"/faces/{face.pk}/", headers=ahead)
    (picture,) = re.findall(r'src="(/faces/\d+/image/[^"]*)"', page)
    (shown,) = re.findall(r'data-shown="([^"]+)"', page)
    b"".join(client.get(picture).streaming_content)
    # The page is written down once a day, the picture each time.
    assert acts(actor=ada.pk, about="face") == ["face.sent_ahead"] * 2
    told = as_user(boss).get(f"/subjects/{face.subject_id}/").content.decode()
    assert "Who saw them" in told and f'scope="row">{ada}</th>' not in told
    for _ in range(2):
        assert client.post(shown).status_code == 204
    seen = ["face.seen", "face.picture_sent", "face.picture_sent"]
    assert acts(actor=ada.pk, about="face")[2:] == seen
    told = as_user(boss).get(f"/subjects/{face.subject_id}/").content.decode()
    assert f'scope="row">{ada}</th>' in told
    assert "data-shown" not in client.get(f"/faces/{face.pk}/").content.decode()
    adjudicated = as_user(ben).get(f"/faces/{face.pk}/adjudicate/", headers=ahead).content.decode()
    assert shown in adjudicated
    assert acts(actor=ben.pk, about="face") == ["face.sent_ahead"]


def test_a_program_cannot_say_that_it_looks_later(ada, face):
    _, text = issue_token(ada, "a program")
    client = APIClient(headers={"Authorization": f"Token {text}", "X-Ahead": "1"})
    b"".join(client.get(f"/api/v1/faces/{face.pk}/image/?ahead=on").streaming_content)
    assert acts(actor=ada.pk, about="face")[-1] == "face.picture_sent"


def test_looks_through_the_api_name_the_token(ada, face):
    token, text = issue_token(ada, "a program")
    client = APIClient(headers={"Authorization": f"Token {text}"})
    client.get("/api/v1/faces/")
    client.get(f"/api/v1/faces/{face.pk}/")
    b"".join(client.get(f"/api/v1/faces/{face.pk}/image/").streaming_content)
    found = ["token.issued", "face.listed", "face.seen", "face.picture_sent"]
    assert acts(actor=ada.pk)[-4:] == found
    assert last("face.picture_sent").told == {"token": token.pk}
    assert last("face.listed").told == {"rows": 1, "from": face.pk, "to": face.pk} | {
        "token": token.pk
    }


def test_nobody_who_is_refused_is_recorded_as_having_looked(as_user, cleo, otto, face):
    for user in (cleo, otto):
        client = as_user(user)
        client.get("/")
        assert client.get(f"/faces/{face.pk}/image/").status_code == 404
    assert not entries().filter(about="face").exists()


def test_export_that_was_taken_and_deleted_is_known(as_user, ben):
    """A reviewer exported, downloaded and deleted the export, and nothing showed it."""
    client = as_user(ben)
    client.post("/data/exports/", {"format": "facsweb", "images": "on"})
    run = Export.objects.get()
    run.file.save("export.zip", ContentFile(b"PK"))
    Export.objects.filter(pk=run.pk).update(status="succeeded", started_at=run.created_at,
                                            finished_at=run.created_at)  # fmt: skip
    b"".join(client.get(f"/data/exports/{run.pk}/file/").streaming_content)
    client.post(f"/data/export/{run.pk}/discard/")
    assert not Export.objects.exists()
    found = acts(about="export", about_id=run.pk, actor=ben.pk)
    assert found == ["export.asked", "export.downloaded", "export.deleted"]
    assert last("export.downloaded").told["images"] is True


def test_roles_powers_and_accounts(ada, boss, as_user, rf):
    since = number()
    ada.groups.add(Group.objects.get(name="reviewer"))
    ada.groups.remove(Group.objects.get(name="coder"))
    Group.objects.get(name="admin").user_set.add(ada)
    ada.groups.clear()
    ada.is_superuser = True
    ada.save()
    ada.set_password("another-long-password")
    ada.save()
    ada.delete()
    assert acts(since) == [
        "role.given", "role.taken", "role.given", "role.taken", "role.taken", "user.changed",
        "user.password_changed", "user.deleted",
    ]  # fmt: skip
    assert last("user.changed").told == {"fields": ["is_superuser"], "to": {"is_superuser": True}}
    assert last("role.given").told == {"role": "admin"}


def test_roles_given_in_the_admins_site_name_who_gave_them(as_user, ada):
    root = User.objects.create_superuser("root", password=PASSWORD)
    client = as_user(root)
    page = client.get(f"/admin/auth/user/{ada.pk}/change/")
    form = dict.fromkeys(page.context["adminform"].form.fields, "") | {
        "username": "ada", "is_active": "on", "groups": [Group.objects.get(name="admin").pk],
        "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
    }  # fmt: skip
    form = {name: value for name, value in form.items() if value != ""}
    assert client.post(f"/admin/auth/user/{ada.pk}/change/", form).status_code == 302
    entry = last("role.given")
    assert (entry.actor_name, entry.about_id, entry.told) == ("root", ada.pk, {"role": "admin"})


def test_blindness_and_tags(as_user, boss, ada, face):
    as_user(boss).post(f"/people/{ada.pk}/blind/")
    coder = human_coder(ada)
    entry = last("coder.blindness_changed")
    assert (entry.actor, entry.about_id) == (boss.pk, coder.pk)
    assert entry.told == {"fields": ["codes_blind"], "to": {"codes_blind": True}}
    subject = Subject.objects.get()
    subject.ethnicity = "a group"
    subject.save()
    assert last("subject.tags_changed").told == {"fields": ["ethnicity"]}
    assert "a group" not in " ".join(each.details for each in entries())


def test_promotion_tokens_and_webhooks(boss, as_user):
    version = make_version("VGG16-one")
    promote(version, boss, "It is better.")
    assert last("model.promoted").about_id == version.pk
    token, _ = issue_token(boss, "one")
    as_user(boss).post(f"/tokens/{token.pk}/revoke/")
    assert acts(about="apitoken") == ["token.issued", "token.revoked"]


def test_imports_name_no_file(boss, as_user):
    """A file may be called after its subject, who may withdraw."""
    client = as_user(boss)
    client.post("/data/imports/", {"file": ContentFile(b"PK..", name="S777.zip")})
    run = Import.objects.get()
    assert acts(about="import", about_id=run.pk) == ["import.asked"]
    assert "S777" not in " ".join(each.details for each in entries())
