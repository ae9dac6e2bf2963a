"""A second factor and single sign-on: run by test_second_doors.py, with both turned on."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from facsweb.accounts.links import INVITED_FOR, make_link
from facsweb.audit.models import WaitingEntry

pytestmark = pytest.mark.django_db
RIGHT = {"username": "ben", "password": "a-long-test-password"}
ISSUER = settings.OIDC_ISSUER


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200


def confirm(client) -> None:
    """Confirm the password, which changes of this kind ask for."""
    assert client.get("/account/reauthenticate/").status_code == 200
    client.post("/account/reauthenticate/", {"password": RIGHT["password"]})


@pytest.fixture
def secret(ben) -> str:
    """Ben's second factor, set up on its pages."""
    client = Client()
    client.post("/login/", RIGHT)
    asked = client.get("/account/second-factor/totp/activate/")
    assert asked["Location"].startswith("/account/reauthenticate/")
    confirm(client)
    page = client.get("/account/second-factor/totp/activate/")
    found = re.search(r'value="([A-Z2-7]{16,})"', page.content.decode())[1]
    assert "data:image/svg" in page.content.decode()
    done = client.post("/account/second-factor/totp/activate/", {"code": code_of(found)})
    assert done.status_code == 302
    assert found not in repr(list(Authenticator.objects.values()))
    from django.core.cache import cache

    cache.clear()  # it remembers used codes
    return found


def test_password_alone_lets_nobody_in_who_has_a_second_factor(secret, ben):
    client = Client()
    asked = client.post("/login/", RIGHT, follow=True)
    assert asked.request["PATH_INFO"] == "/account/second-factor/authenticate/"
    assert not is_in(client)
    wrong = client.post("/account/second-factor/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert not is_in(client)
    client.post("/account/second-factor/authenticate/", {"code": code_of(secret)})
    assert is_in(client)


def test_codes_are_not_guessed(secret, ben):
    client = Client()
    client.post("/login/", RIGHT)
    for _ in range(12):
        told = client.post("/account/second-factor/authenticate/", {"code": "000000"})
    assert "Too many failed" in told.content.decode()
    client.post("/account/second-factor/authenticate/", {"code": code_of(secret)})
    assert not is_in(client)


def test_neither_token_nor_link_goes_past_it(secret, ben, boss):
    answer = APIClient().post("/api/v1/token/", RIGHT, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    client = Client()
    code = make_link(ben, boss, INVITED_FOR)[1]
    new = "another-long-password"
    client.post("/welcome/", {"code": code, "password": new, "again": new})
    assert not is_in(client)


def test_an_admin_takes_a_lost_second_factor_off(secret, ben, boss, as_user):
    before = Client()
    before.force_login(ben)
    as_user(boss).post(f"/people/{ben.pk}/second-factor/")
    assert not is_in(before)
    client = Client()
    client.post("/login/", RIGHT)
    assert is_in(client)
    assert WaitingEntry.objects.filter(action="user.second_factor_removed").exists()


def test_who_has_none_signs_in_as_before(boss):
    client = Client()
    answer = client.post("/login/", {**RIGHT, "username": "boss"})
    assert answer["Location"] == "/"
    assert is_in(client)


def test_nobody_signs_up(boss):
    assert Client().get("/account/sign-up/")["Location"] == "/login/"


class Provider(BaseHTTPRequestHandler):
    """An OpenID Connect provider who knows everybody as `subject`."""

    subject = "somebody"

    def do_GET(self):
        if self.path == "/.well-known/openid-configuration":
            return self.tell(
                issuer=ISSUER, authorization_endpoint=f"{ISSUER}/authorize",
                token_endpoint=f"{ISSUER}/token", userinfo_endpoint=f"{ISSUER}/userinfo",
                jwks_uri=f"{ISSUER}/keys",
            )  # fmt: skip
        return self.tell(sub=Provider.subject, preferred_username="ben", email="ben@example.org")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.tell(access_token="opaque", token_type="Bearer")

    def tell(self, **values):
        body = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def provider():
    server = HTTPServer(("127.0.0.1", urlsplit(ISSUER).port), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Provider.subject = "somebody"
    yield Provider
    server.shutdown()
    server.server_close()


def join(user) -> None:
    client = Client()
    client.force_login(user)
    asked = by_provider(client, "?process=connect&next=/account/")
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert not SocialAccount.objects.exists()
    confirm(client)


def by_provider(client, query=""):
    sent = client.post(f"/account/oidc/sso/login/{query}")
    assert sent["Location"].startswith(f"{ISSUER}/authorize?")
    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    back = {"code": "any", "state": asked["state"][0]}
    return client.get("/account/oidc/sso/login/callback/", back)


def test_who_joined_the_account_is_let_in_and_nobody_else(provider, ben, boss):
    stranger = Client()
    by_provider(stranger)  # though the provider says that it is ben
    assert not is_in(stranger)
    assert not SocialAccount.objects.exists()
    join(ben)
    assert SocialAccount.objects.get().user == ben
    client = Client()
    by_provider(client)
    assert "You are ben" in client.get("/account/").content.decode()
    provider.subject = "another"
    other = Client()
    by_provider(other)
    assert not is_in(other)
    assert User.objects.count() == 2


def test_single_sign_on_asks_for_the_second_factor_too(provider, secret, ben):
    join(ben)
    client = Client()
    assert by_provider(client)["Location"] == "/account/second-factor/authenticate/"
    assert not is_in(client)


def test_deactivated_stays_out(provider, ben, boss):
    join(ben)
    ben.is_active = False
    ben.save()
    client = Client()
    by_provider(client)
    assert not is_in(client)


def test_sign_in_page_offers_it(boss):
    answer = Client().get("/login/")
    assert "/account/oidc/sso/login/" in answer.content.decode()
    assert ISSUER in answer["Content-Security-Policy"]
