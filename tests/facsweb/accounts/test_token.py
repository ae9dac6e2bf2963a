from datetime import timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from facsweb.accounts.models import ApiToken
from facsweb.accounts.tokens import MOST_TOKENS, find_token, issue_token, revoke
from facsweb.problems import Forbidden

pytestmark = pytest.mark.django_db
RIGHT = {"username": "ben", "password": "a-long-test-password"}


def sign_in(client=None, **changed):
    return (client or APIClient()).post("/api/v1/token/", {**RIGHT, **changed}, format="json")


def client_with(user, *scopes) -> APIClient:
    client = APIClient()
    _, text = issue_token(user, "a test", scopes or None)
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client


def test_token_opens_the_api(ben):
    made = sign_in(name="laptop", scopes=["read"], expires_in_days=7)
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {made.json()['token']}")
    body = client.get("/api/v1/me/").json()
    assert (body["username"], body["roles"]) == ("ben", ["coder", "queue coder", "reviewer"])
    assert (body["token"]["name"], body["token"]["scopes"]) == ("laptop", ["read"])


def test_token_is_not_kept_as_it_is(ben):
    text = sign_in().json()["token"]
    row = ApiToken.objects.get()
    assert text not in repr(vars(row))
    assert find_token(text) == row
    assert find_token(text + "x") is None


def test_scopes_left_out_are_those_of_the_role(ada, ben):
    assert sign_in().json()["scopes"] == ["read", "label", "upload", "train"]
    assert sign_in(username="ada").json()["scopes"] == ["read", "label", "upload"]


def test_nobody_gets_a_scope_beyond_their_role(ada):
    answer = sign_in(username="ada", scopes=["read", "admin"])
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "changed", [{"password": "x"}, {"username": "nobody"}, {"username": "b\x00"}, {"password": ""}]
)
def test_wrong_credentials_give_no_token(ben, changed):
    answer = sign_in(**changed)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "detail", "fields"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": []}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 10_000}, "expires_in_days"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_wrong_wish_is_named(ben, changed, field):
    answer = sign_in(**changed)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]


def test_token_of_a_deactivated_user_is_worth_nothing(ben):
    client = client_with(ben)
    ben.is_active = False
    ben.save()
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "authentication_failed"


def test_expired_token_is_worth_nothing(ben):
    client = client_with(ben)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token " + "x" * 300, "Token \xff"])
def test_odd_header_is_told(ben, header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get("/api/v1/me/").status_code == 401


def test_token_does_no_more_than_its_scopes(ben):
    client = client_with(ben, "read")
    assert client.get("/api/v1/faces/").status_code == 200
    answer = client.post("/api/v1/faces/")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert "upload" in answer.json()["detail"]


def test_token_does_no_more_than_its_owner_may_by_now(ben):
    client = client_with(ben)
    ben.groups.clear()
    assert client.get("/api/v1/faces/").json()["results"] == []
    assert client.post("/api/v1/inference-runs/", {}, format="json").status_code == 403


def test_owner_sees_and_revokes_tokens(ada, ben, as_user):
    client = client_with(ben, "read")
    mine = ApiToken.objects.get()
    assert as_user(ada).get("/api/v1/tokens/").json()["results"] == []
    assert as_user(ada).delete(f"/api/v1/tokens/{mine.pk}/").status_code == 404
    with pytest.raises(Forbidden, match="not yours"):
        revoke(mine, ada)
    assert "facs_" not in as_user(ben).get("/api/v1/tokens/").content.decode()
    assert as_user(ben).delete(f"/api/v1/tokens/{mine.pk}/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401


def test_token_revokes_itself_but_no_other(ben):
    client = client_with(ben, "read")
    other, _ = issue_token(ben, "other")
    mine = ApiToken.objects.exclude(pk=other.pk).get()
    assert client.delete(f"/api/v1/tokens/{other.pk}/").status_code == 403
    assert client.delete(f"/api/v1/tokens/{mine.pk}/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401


def test_too_many_tokens_are_refused(ben):
    for number in range(MOST_TOKENS):
        issue_token(ben, str(number))
    answer = sign_in()
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")


def test_guessing_is_throttled(ben):
    statuses = [sign_in(password="wrong").status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
    answer = sign_in()
    assert answer.json()["code"] == "throttled"
    assert 0 < int(answer["Retry-After"]) <= 15


def test_signing_in_is_throttled_though_the_header_names_other_addresses(ben):
    """The hashing alone is work: ten a minute are enough, right or wrong."""
    forged = [{"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}"} for number in range(11)]
    statuses = [
        APIClient().post("/api/v1/token/", RIGHT, format="json", **headers).status_code
        for headers in forged
    ]
    assert statuses == [201] * 10 + [429]


def test_each_token_has_its_own_quota_and_is_told_of_it(ben, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    one, other = client_with(ben, "read"), client_with(ben, "read")
    answers = [one.get("/api/v1/me/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"default";q=2;w=60'
    assert answers[0]["RateLimit"].startswith('"default";r=1;t=')
    assert other.get("/api/v1/me/").status_code == 200


def test_without_redis_this_process_counts(ben, settings):
    settings.CACHES = {
        **settings.CACHES,
        "default": {
            "BACKEND": "facsweb.rest.cache.Cache",
            "LOCATION": "redis://127.0.0.1:1/0",
        },
    }
    settings.API_REQUESTS_PER_MINUTE = 1
    caches["fallback"].clear()
    client = client_with(ben, "read")
    assert [client.get("/api/v1/me/").status_code for _ in range(2)] == [200, 429]


def test_session_needs_the_csrf_token(ben):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ben)
    assert client.get("/api/v1/me/").status_code == 200
    answer = client.post("/api/v1/training-runs/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_new_password_revokes_every_token(ben, ada):
    mine, _ = issue_token(ben, "mine")
    hers, _ = issue_token(ada, "hers")
    ben.set_password("another-long-password")
    ben.save()
    assert list(ApiToken.objects.usable()) == [hers]
    mine.refresh_from_db()
    assert mine.revoked_at is not None


def test_a_password_hashed_anew_revokes_none(ben, settings):
    """Django does that at a sign-in after its own update."""
    issue_token(ben, "mine")
    hashers = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.PASSWORD_HASHERS = hashers[::-1]
    before = ben.password
    assert ben.check_password(RIGHT["password"])
    assert ben.password != before
    assert ApiToken.objects.usable().count() == 1
