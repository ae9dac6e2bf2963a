import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
RIGHT = {"username": "ben", "password": "a-long-test-password"}


def token(client=None, **changed):
    return (client or APIClient()).post("/api/v1/token/", {**RIGHT, **changed}, format="json")


def test_token_opens_the_api(ben):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token().json()['token']}")
    body = client.get("/api/v1/me/").json()
    assert body == {"username": "ben", "roles": ["coder", "reviewer"]}


@pytest.mark.parametrize(
    "changed", [{"password": "x"}, {"username": "nobody"}, {"username": "b\x00"}, {"password": ""}]
)
def test_wrong_credentials_give_no_token(ben, changed):
    answer = token(**changed)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "detail", "fields"}


def test_token_of_a_deactivated_user_is_worth_nothing(ben):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token().json()['token']}")
    ben.is_active = False
    ben.save()
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "authentication_failed"


def test_guessing_is_throttled(ben):
    statuses = [token(password="wrong").status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]
    assert token().json()["code"] == "throttled"


def test_session_needs_the_csrf_token(ben):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ben)
    assert client.get("/api/v1/me/").status_code == 200
    answer = client.post("/api/v1/training-runs/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
