"""First run and links: a code lets one person choose a password, once."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from facsweb.accounts.links import INVITED_FOR, make_link
from facsweb.accounts.models import PasswordLink

pytestmark = pytest.mark.django_db
NEW = "another-long-password"


def first_code() -> str:
    said = StringIO()
    call_command("first_admin_code", stdout=said)
    return re.search(r"#([A-Z0-9-]+)", said.getvalue())[1]


def first(code, client=None, **changed):
    form = {"code": code, "username": "root", "password": NEW, "again": NEW, **changed}
    return (client or Client()).post("/first/", form)


def welcome(code, password=NEW, client=None):
    return (client or Client()).post(
        "/welcome/", {"code": code, "password": password, "again": password}
    )


def test_empty_database_greets_and_lets_the_first_admin_in():
    assert Client().get("/", follow=True).request["PATH_INFO"] == "/first/"
    client = Client()
    assert first(first_code().lower().replace("-", " "), client)["Location"] == "/"
    root = User.objects.get()
    assert (root.is_superuser, root.groups.get().name) == (True, "admin")
    text = client.get("/").content.decode()
    assert "/data/" in text
    assert client.get("/first/")["Location"] == "/login/"


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("AAAAA-AAAAA-AAAAA-AAAAA", {}),
        (None, {"password": "short", "again": "short"}),
        (None, {"password": "root-rootroot", "again": "other"}),
        (None, {"username": "no spaces"}),
    ],
)
def test_first_admin_needs_the_code_and_a_good_password(code, changed):
    right = first_code()
    assert first(code or right, **changed).status_code == 400
    assert not User.objects.exists()
    assert first(right).status_code == 302  # a refusal uses nothing up


def test_code_of_the_first_run_is_worth_nothing_later(boss):
    code = make_link(None, None, INVITED_FOR)[1]
    assert first(code)["Location"] == "/login/"
    assert welcome(code).status_code == 400
    with pytest.raises(CommandError, match="an admin already"):
        call_command("first_admin_code")
    assert User.objects.count() == 1


def test_new_code_voids_the_old():
    old, new = first_code(), first_code()
    assert first(old).status_code == 400
    assert first(new).status_code == 302


def test_link_lets_its_person_choose_a_password_once(ben, boss, as_user):
    before = as_user(ben)
    code = make_link(ben, boss, INVITED_FOR)[1]
    assert code not in repr(PasswordLink.objects.values())
    client = Client()
    assert welcome(code, client=client).status_code == 302
    assert "You are ben" in client.get("/account/").content.decode()
    assert before.get("/account/").status_code == 302
    assert welcome(code).status_code == 400
    ben.refresh_from_db()
    assert ben.check_password(NEW)


def test_link_survives_a_password_that_is_too_simple(ben, boss):
    code = make_link(ben, boss, INVITED_FOR)[1]
    assert "too short" in welcome(code, "short").content.decode()
    assert welcome(code).status_code == 302


@pytest.mark.parametrize("how", ["expired", "deactivated", "replaced"])
def test_link_that_ended_opens_nothing(ben, boss, how):
    code = make_link(ben, boss, INVITED_FOR)[1]
    if how == "expired":
        PasswordLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "deactivated":
        ben.is_active = False
        ben.save()
    else:
        make_link(ben, boss, INVITED_FOR)
    assert welcome(code).status_code == 400
    ben.refresh_from_db()
    assert not ben.check_password(NEW)


def test_link_frees_who_was_made_to_wait(ben, boss):
    for _ in range(6):
        Client().post("/login/", {"username": "ben", "password": "wrong"})
    code = make_link(ben, boss, INVITED_FOR)[1]
    welcome(code)
    answer = Client().post("/login/", {"username": "ben", "password": NEW})
    assert answer.status_code == 302
