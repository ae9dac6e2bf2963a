"""Two thousand malformed and odd files, rows and bodies: no server error, nothing left behind."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework.test import APIClient

from annotations.models import ActionUnitScore, Coding, Face, NeutralFrame, Subject
from annotations.transfers import run_import
from annotations.transfers.models import Import
from annotations.transfers.services import request_import, stored_file
from facsweb.jobs.models import Run
from tests.corpus.archives import archives
from tests.corpus.bodies import bodies
from tests.corpus.images import images
from tests.corpus.tables import tables
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db
SEED = 20261124


@pytest.fixture(autouse=True)
def limits(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    settings.API_REQUESTS_PER_MINUTE = settings.SIGN_INS_PER_MINUTE = 10**9


@pytest.fixture
def client(ben) -> APIClient:
    made = APIClient(raise_request_exception=False)
    made.force_authenticate(ben)
    return made


def assert_no_orphans() -> None:
    """Every file belongs to a row, every row has its file, and no half-written thing stands."""
    known = set()
    for model, names in (
        (Face, ("file",)), (NeutralFrame, ("file",)), (Import, ("file", "refused")),
    ):  # fmt: skip
        for row in model.objects.all():
            known |= {getattr(row, name).name for name in names if getattr(row, name)}
    root = django_settings.MEDIA_ROOT
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert found == known
    left = django_settings.VAR_DIR / "transfers"
    assert not left.exists() or not any(left.iterdir())
    assert not Subject.objects.filter(faces=None, neutral_frames=None).exists()
    assert not Coding.objects.filter(emotion="", basic_emotion="", scores=None).exists()


def test_every_picture_has_an_answer(client):
    count = 0
    statuses = set()
    for number, (what, data) in enumerate(images(SEED)):
        file = SimpleUploadedFile(f"{number}.jpg", data, "image/jpeg")
        body = {"image": file, "subject": f"S{number}"}
        answer = client.post("/api/v1/faces/", body, format="multipart")
        assert answer.status_code in {200, 201, 400}, (what, answer.status_code)
        if answer.status_code == 400:
            assert answer.json()["fields"]["image"], what
        statuses.add(answer.status_code)
        count += 1
    assert count >= 400
    assert statuses >= {201, 400}
    assert_no_orphans()


@pytest.mark.parametrize(
    "name", ["é" * 100 + ".png", "x" * 251 + ".png", "..\\..\\a.png", "../a.png", "a\x00.png",
             "\u202egnp.a", " ", "CON.png", "a" * 400 + ".png", "S005_001_00000011.png"],
)  # fmt: skip
def test_a_files_name_never_matters_to_the_disk(client, name):
    file = SimpleUploadedFile("x", png(), "image/png")
    file._name = name  # past Django's own tidying, as from another client
    for path, field in (("faces/", "image"), ("faces/batch/", "images")):
        body = {field: [file] if field == "images" else file, "subject": "S001"}
        file.seek(0)
        answer = client.post(f"/api/v1/{path}", body, format="multipart")
        assert answer.status_code < 500, (name, answer.content)
    assert_no_orphans()
    for face in Face.objects.all():
        assert face.file.name == f"faces/{face.sha256}.png"


def _imported(user, name: str, data: bytes) -> Import:
    with stored_file(SimpleUploadedFile(name, data)) as stored:
        run = request_import(user, stored)
    assert run.claim()
    with transaction.atomic():
        run_import.carry_out(run)
    run.refresh_from_db()
    assert run.status in {Run.Status.SUCCEEDED, Run.Status.FAILED}
    assert run.status == Run.Status.SUCCEEDED or run.error
    return run


def test_every_archive_has_an_answer(boss, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    count = 0
    for what, data in archives(SEED):
        run = _imported(boss, "sent.zip", data)
        assert "Traceback" not in run.error, what
        count += 1
    assert count >= 230
    assert not any(outside.iterdir())
    assert_no_orphans()


def test_every_table_has_an_answer(boss):
    make_face(make_subject("S001"), sequence="001", frame=1)
    picture = png()
    count = 0
    for what, kind, data in tables(SEED):
        if kind == "labels":
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                archive.writestr("data_labels.csv", data)
                archive.writestr("a.png", picture)
            run = _imported(boss, "t.zip", buffer.getvalue())
        else:
            run = _imported(boss, "t.csv", data)
        if run.refused:
            assert run.outcome["refused"], what
        count += 1
    assert count >= 300
    assert_no_orphans()


def test_every_body_has_an_answer(client):
    face = make_face()
    count = 0
    for what, path, data in bodies(SEED):
        address = f"/api/v1/{path}".replace("/1/", f"/{face.pk}/")
        answer = client.generic("POST", address, data, content_type="application/json")
        assert answer.status_code < 500, (what, path, data[:200])
        if answer.status_code >= 400:
            assert set(answer.json()) == {"code", "detail", "fields"}, (what, path)
        count += 1
    assert count >= 500
    assert_no_orphans()
    assert not ActionUnitScore.objects.exclude(au__in=range(1, 70)).exists()


def test_bodies_over_the_limit_are_refused_by_their_header(client, settings):
    settings.FACE_MAX_BYTES = 1000
    file = SimpleUploadedFile("big.jpg", b"x" * 3_000_000, "image/jpeg")
    answer = client.post("/api/v1/faces/", {"image": file, "subject": "S001"}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert_no_orphans()
