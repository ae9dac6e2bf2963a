"""The admin site gives nobody more than they have (the shape of CVE-2026-23526)."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from annotations.codings.services import human_coder
from tests.cast import make_user
from tests.factories import make_coding, make_face, make_run

pytestmark = pytest.mark.django_db
CODINGS = reverse("admin:annotations_coding_changelist")
FORM = {"is_active": "on", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
ALL_OF_IT = {"is_superuser": "on", "is_staff": "on"}


def staff(name, role=None, *rights):
    user = make_user(name, role)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


@pytest.fixture
def clerk(db):
    """Staff who may manage users and groups, and holds no role."""
    return staff("clerk", None, "view_user", "change_user", "add_user", "delete_user",
                 "view_group", "change_group", "add_group", "delete_group")  # fmt: skip


@pytest.fixture
def root(boss):
    boss.is_staff = boss.is_superuser = True
    boss.save()
    return boss


def address(user, view="change"):
    return reverse(f"admin:auth_user_{view}", args=[user.pk])


def everything():
    return {
        **FORM, **ALL_OF_IT,
        "groups": list(Group.objects.values_list("pk", flat=True)),
        "user_permissions": list(Permission.objects.values_list("pk", flat=True)),
    }  # fmt: skip


def test_staff_do_not_make_themselves_anything(as_user, clerk):
    client = as_user(clerk)
    answer = client.post(address(clerk), {**everything(), "username": "clerk"})
    assert answer.status_code == 302
    clerk.refresh_from_db()
    assert not clerk.is_superuser
    assert not clerk.groups.exists()
    assert clerk.user_permissions.count() == 8


def test_staff_give_others_no_more_than_they_have(as_user, clerk, cleo):
    client = as_user(clerk)
    refused = client.post(address(cleo), {**everything(), "username": "cleo"})
    assert "not one of the available choices" in refused.content.decode()
    client.post(address(cleo), {**everything(), "groups": [], "username": "cleo"})
    cleo.refresh_from_db()
    assert (cleo.is_superuser, cleo.is_staff) == (False, False)
    assert not cleo.groups.exists()
    assert not cleo.user_permissions.exists()


@pytest.mark.parametrize("role", ["superuser", "admin", "coder"])
def test_staff_do_not_touch_who_may_do_more(as_user, clerk, root, ada, role):
    person = {"superuser": root, "admin": make_user("amy", "admin"), "coder": ada}[role]
    before = person.password
    client = as_user(clerk)
    new = {"password1": "another-long-password", "password2": "another-long-password"}
    password = reverse("admin:auth_user_password_change", args=[person.pk])
    assert client.post(password, new).status_code == 403
    assert client.post(address(person), {**FORM, "username": "mine"}).status_code == 403
    assert client.post(address(person, "delete"), {"post": "yes"}).status_code == 403
    for action in ("deactivate", "delete_selected"):
        chosen = {"action": action, "_selected_action": [person.pk], "post": "yes"}
        told = client.post(reverse("admin:auth_user_changelist"), chosen, follow=True)
        assert "may do more than you" in told.content.decode()
    person.refresh_from_db()
    assert (person.password, person.is_active) == (before, True)


def test_a_deactivated_admin_is_not_taken_over_either(as_user, clerk, root):
    amy = make_user("amy", "admin")
    amy.is_active = False
    amy.save()
    assert as_user(clerk).post(address(amy), {**FORM, "username": "amy"}).status_code == 403


def test_only_superusers_change_what_groups_may_do(as_user, clerk, root):
    group = Group.objects.create(name="helpers")
    change = reverse("admin:auth_group_change", args=[group.pk])
    form = {"name": "helpers", "permissions": [Permission.objects.first().pk]}
    assert as_user(clerk).post(change, form).status_code == 403
    assert as_user(root).post(change, form).status_code == 302
    role = Group.objects.get(name="admin")
    change = reverse("admin:auth_group_change", args=[role.pk])
    told = as_user(root).post(change, {"name": "others"}, follow=True).content.decode()
    assert "can’t be renamed" in told.replace("&#x27;", "’")
    assert Group.objects.filter(name="admin").exists()


def test_a_superuser_still_does_all_that(as_user, root, cleo):
    as_user(root).post(address(cleo), {**everything(), "username": "cleo"})
    cleo.refresh_from_db()
    assert cleo.is_superuser
    assert cleo.groups.count() == Group.objects.count()


def test_blind_staff_see_no_codings(as_user):
    amy = staff("amy", "admin")
    coding = make_coding(make_face(), emotion="surprise")
    run = make_run(status="succeeded")
    client = as_user(amy)
    assert client.get(CODINGS).status_code == 200
    coder = human_coder(amy)
    coder.codes_blind = True
    coder.save()
    addresses = [CODINGS, reverse("admin:annotations_coding_change", args=[coding.pk]),
                 reverse("admin:annotations_coding_history", args=[coding.pk]),
                 reverse("admin:annotations_review_changelist"),
                 reverse("admin:training_trainingrun_change", args=[run.pk])]  # fmt: skip
    assert {client.get(each).status_code for each in addresses} <= {302, 403}
    assert "surprise" not in client.get(reverse("admin:index")).content.decode()


def test_who_may_not_enter_finds_no_admin_site(as_user, ada):
    assert as_user(ada).get("/admin/", follow=True).status_code == 404


def test_the_last_admin_stays_by_the_admin_site_too(as_user, root):
    client = as_user(root)
    for form in ({**FORM, "is_active": ""}, {**FORM, "is_staff": "on"}):
        told = client.post(address(root), {**form, "username": "boss"}, follow=True)
        assert "last admin" in told.content.decode()
    chosen = {"action": "deactivate", "_selected_action": [root.pk]}
    told = client.post(reverse("admin:auth_user_changelist"), chosen, follow=True)
    assert "last admin" in told.content.decode()
    told = client.post(address(root, "delete"), {"post": "yes"}, follow=True)
    assert "last admin" in told.content.decode()
    root.refresh_from_db()
    assert root.is_active
    assert root.is_superuser
