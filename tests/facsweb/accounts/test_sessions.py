"""Sessions end: by idling, by their owner, with the password, with the role, with the account."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from facsweb.accounts.models import BrowserSession
from facsweb.accounts.tokens import find_token, issue_token

pytestmark = pytest.mark.django_db
OLD, NEW = "a-long-test-password", "another-long-password"


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200


def age(client, **values):
    """Set back what the session remembers: `seen` or `started` by so many minutes."""
    session = client.session
    for name, minutes in values.items():
        session[f"facsweb_{name}"] -= minutes * 60
    session.save()


def test_idle_session_ends_and_says_why(as_user, ben, boss):
    client = as_user(ben)
    assert is_in(client)
    age(client, seen=61)
    answer = client.get("/account/", follow=True)
    assert answer.request["PATH_INFO"] == "/login/"
    assert "60 minutes without a click" in answer.content.decode()
    assert not BrowserSession.objects.exists()


def test_idle_session_opens_no_api(as_user, ben):
    client = as_user(ben)
    age(client, seen=61)
    assert client.get("/api/v1/me/").status_code == 401


def test_used_session_goes_on_but_not_for_ever(as_user, ben):
    client = as_user(ben)
    age(client, seen=50)
    assert is_in(client)  # that use counts
    age(client, seen=50)
    assert is_in(client)
    age(client, started=24 * 60)
    assert not is_in(client)


def test_use_costs_no_query_within_a_minute(as_user, ben, django_assert_num_queries):
    client = as_user(ben)
    with django_assert_num_queries(3):  # the session, the user and the roles
        client.get("/nothing-here/")


def test_owner_sees_and_ends_sessions(as_user, ben, ada):
    here, there, hers = as_user(ben), as_user(ben), as_user(ada)
    there.get("/account/", headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"})
    other = BrowserSession.objects.get(session=there.session.session_key)
    assert hers.post(f"/account/sessions/{other.pk}/end/").status_code == 404
    assert here.get("/account/").content.decode().count("Sign out<span") == 2
    assert here.post(f"/account/sessions/{other.pk}/end/").status_code == 302
    assert (is_in(here), is_in(there), is_in(hers)) == (True, False, True)


def test_owner_ends_all_other_sessions_and_then_this_one(as_user, ben):
    here, *others = (as_user(ben) for _ in range(3))
    here.post("/account/sessions/end/")
    assert [is_in(client) for client in (here, *others)] == [True, False, False]
    mine = BrowserSession.objects.get()
    assert here.post(f"/account/sessions/{mine.pk}/end/")["Location"] == "/login/"
    assert not is_in(here)


def test_new_password_ends_the_others_and_keeps_this_one(as_user, ben):
    here, there = as_user(ben), as_user(ben)
    _, token = issue_token(ben, "mine")
    form = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/account/", form).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert find_token(token) is None
    assert BrowserSession.objects.filter(user=ben).count() == Session.objects.count() == 1


@pytest.mark.parametrize("new", ["short", "1" * 20, "password1234", "elevenchars"])
def test_simple_passwords_are_refused(as_user, ben, new):
    form = {"old_password": OLD, "new_password1": new, "new_password2": new}
    assert as_user(ben).post("/account/", form).status_code == 400
    ben.refresh_from_db()
    assert ben.check_password(OLD)


def test_deactivated_and_reactivated_gets_neither_session_nor_token_back(as_user, ben, boss):
    client = as_user(ben)
    _, token = issue_token(ben, "mine")
    ben.is_active = False
    ben.save()
    ben.is_active = True
    ben.save()
    assert not is_in(client)
    assert find_token(token) is None


def test_however_somebody_was_deactivated_the_token_that_was_tried_is_dead(ben):
    _, token = issue_token(ben, "mine")
    type(ben).objects.update(is_active=False)
    assert find_token(token) is None
    type(ben).objects.update(is_active=True)
    assert find_token(token) is None


@pytest.mark.parametrize("by", ["user", "group"])
def test_demotion_ends_sessions(as_user, ben, by):
    client = as_user(ben)
    reviewer = Group.objects.get(name="reviewer")
    ben.groups.add(Group.objects.get(name="coder"))
    assert is_in(client)
    if by == "user":
        ben.groups.remove(reviewer)
    else:
        reviewer.user_set.clear()
    assert not is_in(client)


def test_promotion_ends_none(as_user, ada):
    client = as_user(ada)
    ada.groups.add(Group.objects.get(name="reviewer"))
    ada.groups.remove(Group.objects.get(name="coder"))
    assert is_in(client)


def test_sessions_that_ended_are_not_listed(as_user, ben):
    as_user(ben)
    BrowserSession.objects.update(seen_at=timezone.now() - timedelta(minutes=61))
    here = as_user(ben)
    assert here.get("/account/").content.decode().count("Sign out<span") == 1


def test_account_needs_a_session(boss):
    assert Client().get("/account/")["Location"] == "/login/?next=/account/"
