"""Guessing passwords: slower and slower, by whichever door, and told in words."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from rest_framework.test import APIClient

from facsweb.accounts.models import SignInTries
from facsweb.accounts.tries import LIMITS, TooManyTries

pytestmark = pytest.mark.django_db
RIGHT = "a-long-test-password"


@pytest.fixture
def real_delays():
    """The delays as they are; other tests have longer ones, which outlast a busy machine."""


@pytest.fixture(autouse=True)
def long_delays(request, monkeypatch):
    if "real_delays" not in request.fixturenames:
        for name in ("FIRST_DELAY", "LONGEST_DELAY"):
            monkeypatch.setattr(f"facsweb.accounts.tries.{name}", timedelta(hours=1))


def by_page(name="ben", password="wrong", client=None, **more):
    form = {"username": name, "password": password}
    return (client or Client()).post("/login/", form, **more)


def by_token(name="ben", password="wrong"):
    return APIClient().post("/api/v1/token/", {"username": name, "password": password})


def later(**by):
    """Let time pass for every count."""
    for row in SignInTries.objects.all():
        row.at -= timedelta(**by)
        row.blocked_until = row.blocked_until and row.blocked_until - timedelta(**by)
        row.save()


def test_sixty_wrong_on_the_page_are_not_sixty_checks(ben):
    answers = [by_page() for _ in range(60)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 55
    assert "try again in 60 minutes" in answers[-1].content.decode()
    assert 3000 < int(answers[-1]["Retry-After"]) <= 3600


def test_the_right_password_waits_too_and_then_clears_the_account(ben):
    for _ in range(5):
        by_page()
    assert by_page(password=RIGHT).status_code == 429
    later(minutes=61)
    assert by_page(password=RIGHT).status_code == 302
    assert [by_page().status_code for _ in range(6)] == [200] * 5 + [429]


def test_delays_grow_and_are_forgotten(ben, real_delays):
    for _ in range(5):
        by_page()
    waits = []
    for _ in range(8):
        row = SignInTries.objects.filter(blocked_until__isnull=False).order_by("-failures")[0]
        waits.append((row.blocked_until - row.at).total_seconds())
        later(seconds=waits[-1] + 1)
        by_page()
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900]
    later(days=1)
    assert [by_page().status_code for _ in range(6)] == [200] * 5 + [429]


def test_every_door_counts_together(ben, boss):
    """Two on the page, two for a token, one by the way to the admin site."""
    assert [by_page().status_code, by_page().status_code] == [200, 200]
    assert [by_token().status_code, by_token().status_code] == [400, 400]
    admin = Client().get("/admin/login/?next=/admin/", follow=True)
    assert admin.request["PATH_INFO"] == "/login/"
    assert Client().post("/admin/login/", {"username": "ben", "password": "x"}).status_code == 302
    assert by_page().status_code == 200
    assert (by_page().status_code, by_token().status_code) == (429, 429)


def test_forged_headers_and_other_spellings_are_no_way_round(ben):
    for number in range(5):
        by_page("BEN" if number % 2 else "ben", headers={"X-Forwarded-For": f"9.9.9.{number}"})
    assert by_page(headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 429


def test_one_address_that_tries_many_names_waits(ada):
    free = LIMITS["address"].free
    statuses = [by_page(f"somebody{number}").status_code for number in range(free + 1)]
    assert statuses == [200] * free + [429]
    assert by_page("ada", RIGHT).status_code == 429
    assert by_page("ada", RIGHT, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_who_exists_is_not_told(ben):
    for name in ("ben", "nobody"):
        SignInTries.objects.all().delete()
        answers = [by_page(name) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_a_stranger_does_not_lock_out_who_signed_in_on_this_device_before(ben, ada):
    mine = Client()
    by_page(password=RIGHT, client=mine)
    mine.post("/logout/")
    for _ in range(6):
        by_page()
    assert by_page(password=RIGHT).status_code == 429
    assert by_page(password=RIGHT, client=mine).status_code == 302
    mine.post("/logout/")
    guesses = [by_page(client=mine).status_code for _ in range(6)]
    assert guesses == [200] * 5 + [429]  # the device isn't free to guess either
    assert by_page("ada", client=mine).status_code == 200  # and says nothing for others


def test_database_keeps_neither_names_nor_addresses(ben):
    by_page("my-password-typed-here")
    kept = repr(list(SignInTries.objects.values()))
    assert "my-password" not in kept
    assert "127.0.0.1" not in kept


def test_whoever_calls_django_is_counted(ben):
    for _ in range(5):
        assert authenticate(None, username="ben", password="wrong") is None
    with pytest.raises(TooManyTries):
        authenticate(None, username="ben", password=RIGHT)


def test_the_old_password_is_not_guessed_by_a_borrowed_session(as_user, ben):
    form = {"old_password": "wrong", "new_password1": "x", "new_password2": "x"}
    client = as_user(ben)
    statuses = [client.post("/account/", form).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
