"""Whatever a client sends, the answer is {"code", "detail", "fields"} and never a 500."""

import json

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
HUGE = "9999999999999999999999"


def check(answer, status: int, code: str) -> None:
    assert answer.status_code == status, answer.content
    assert set(answer.json()) == {"code", "detail", "fields"}
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "address", ["me/", "faces/", "faces/1/", "models/", "training-runs/", "inference-runs/", "x/"]
)
def test_anonymous_is_asked_to_sign_in(address):
    answer = APIClient().get(f"/api/v1/{address}")
    check(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Token"


def test_wrong_token_is_refused(db):
    answer = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION="Token nonsense")
    check(answer, 401, "authentication_failed")


@pytest.mark.parametrize("kind", ["faces", "models", "inference-runs", "training-runs"])
@pytest.mark.parametrize("pk", ["0", "77", HUGE, "9" * 18, "-1", "x", "1%00", "%ED%A0%80", "1/2"])
def test_odd_ids_are_not_found(client_of, ada, kind, pk):
    check(client_of(ada).get(f"/api/v1/{kind}/{pk}/"), 404, "not_found")


@pytest.mark.parametrize("address", ["", "nothing/", "faces", "faces/1/nothing/", "a%0Ab"])
def test_unknown_addresses_are_not_found(client_of, ada, address):
    check(client_of(ada).get(f"/api/v1/{address}"), 404, "not_found")


def test_wrong_method(client_of, boss):
    check(client_of(boss).delete("/api/v1/faces/"), 405, "method_not_allowed")
    check(client_of(boss).put("/api/v1/training-runs/1/"), 405, "method_not_allowed")


def test_wrong_content_type(client_of, boss):
    answer = client_of(boss).post("/api/v1/faces/", "<a/>", content_type="text/xml")
    check(answer, 415, "unsupported_media_type")


def test_unknown_accept(client_of, ada):
    check(client_of(ada).get("/api/v1/faces/", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "\ufeff{}",
        '{"config": NaN}',
        "[" * 200_000,
        '{"a":' * 100_000,
        b"\xff\xfe",
        '{"config": {"seed": ' + "9" * 5000 + "}}",
    ],
    ids=range(7),
)
@pytest.mark.parametrize("address", ["training-runs/", "inference-runs/", "faces/", "token/"])
def test_malformed_json(client_of, boss, address, body):
    answer = client_of(boss).post(f"/api/v1/{address}", body, content_type="application/json")
    check(answer, 400, "parse_error")


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "[[[]]]"])
@pytest.mark.parametrize("address", ["training-runs/", "inference-runs/", "faces/", "token/"])
def test_json_that_is_no_object(client_of, boss, champion, address, body):
    answer = client_of(boss).post(f"/api/v1/{address}", body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "detail", "fields"}


def test_huge_json(client_of, boss, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = json.dumps({"config": "x" * 200})
    answer = client_of(boss).post("/api/v1/training-runs/", body, content_type="application/json")
    check(answer, 413, "too_large")


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/x"]
)
def test_broken_multipart(client_of, boss, content_type):
    answer = client_of(boss).post("/api/v1/faces/", b"--y\r\nnonsense", content_type=content_type)
    assert answer.status_code in {400, 415}
    assert set(answer.json()) == {"code", "detail", "fields"}


def test_too_many_form_fields(client_of, boss):
    body = "&".join(f"a{number}=1" for number in range(1100))
    answer = client_of(boss).post(
        "/api/v1/faces/", body, content_type="application/x-www-form-urlencoded"
    )
    check(answer, 400, "bad_request")


def test_nested_errors_are_named_by_path(client_of, boss, champion):
    answer = client_of(boss).post("/api/v1/inference-runs/", {"faces": [1, "x"]}, format="json")
    check(answer, 400, "invalid")
    assert list(answer.json()["fields"]) == ["faces.1"]
