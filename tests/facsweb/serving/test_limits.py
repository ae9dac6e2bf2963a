"""How much somebody may send, asked before a body is read, and counted by the day."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from facsweb.accounts.tokens import issue_token
from facsweb.serving.bridge import SMALL
from facsweb.serving.callers import may_send
from facsweb.serving.refusals import Refusal
from tests.factories import png

pytestmark = pytest.mark.django_db


def environ(path: str, user=None) -> dict:
    headers = {}
    if user is not None:
        headers["authorization"] = f"Token {issue_token(user, name='x', scopes=['upload'])[1]}"
    return RequestFactory().post(path, headers=headers).environ


def refused(asked: dict, size: int) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        may_send(asked, size)
    return refusal.value


def test_an_address_takes_what_its_view_takes(boss, settings):
    assert may_send(environ("/api/v1/imports/", boss), 10**9) == settings.IMPORT_MAX_BYTES
    assert may_send(environ("/data/imports/", boss), 10**9) == settings.IMPORT_MAX_BYTES
    assert may_send(environ("/api/v1/faces/batch/", boss), 10**7) == settings.BATCH_MAX_BYTES
    assert refused(environ("/api/v1/faces/", boss), 10**9).status == 413
    assert refused(environ("/nowhere/", boss), 10**9).status == 413
    assert may_send(environ("/login/", boss), 2 * SMALL) < 10 * SMALL


def test_nobody_and_the_deactivated_send_little(ben):
    assert refused(environ("/api/v1/imports/"), SMALL + 1).status == 413
    asked = environ("/api/v1/faces/batch/", ben)
    assert may_send(asked, SMALL + 1)
    ben.is_active = False
    ben.save()
    assert refused(asked, SMALL + 1).status == 413


@pytest.mark.parametrize(
    ("setting", "most"), [("UPLOADS_PER_DAY", 2), ("UPLOAD_BYTES_PER_DAY", 1000)]
)
def test_uploads_of_a_day_are_limited(client_of, boss, ben, settings, setting, most):
    setattr(settings, setting, most)

    def upload(user):
        file = SimpleUploadedFile("S1.png", png(), "image/png")
        body = {"image": file, "subject": "S1"}
        return client_of(user).post("/api/v1/faces/", body, format="multipart")

    answers = [upload(boss) for _ in range(most + 1 if most < 10 else 10)]
    assert answers[0].status_code == 201
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "daily_limit")
    assert f"At most {most:,}" in answers[-1].json()["detail"]
    assert 0 < int(answers[-1]["Retry-After"]) <= 86_400
    assert upload(ben).status_code in {201, 403}  # each person's are counted by themselves
    before_it_is_read = refused(environ("/api/v1/imports/", boss), 3 * SMALL)
    assert before_it_is_read.status == 429
    assert dict(before_it_is_read.headers)[b"retry-after"]


def test_the_page_says_it_too(as_user, boss, settings):
    settings.UPLOADS_PER_DAY = 0
    file = SimpleUploadedFile("a.csv", b"filepath,emotion\n")
    answer = as_user(boss).post("/data/imports/", {"file": file, "coder": ""})
    assert answer.status_code == 429
    assert "At most 0 uploads a day" in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
