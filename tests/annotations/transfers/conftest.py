"""A small study with everything that an export can hold, and both ways of a transfer."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models

from annotations.codings.reading import Reading, Score
from annotations.faces.neutral_frames import store_neutral
from annotations.faces.services import check_image
from annotations.models import (
    ActionUnitScore,
    Coder,
    Coding,
    Detection,
    Face,
    FirstLook,
    NeutralFrame,
    Review,
    Subject,
)
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct, propose, undo_review
from annotations.transfers import run_export, run_import
from annotations.transfers.models import Export, Import
from annotations.transfers.options import ImportOptions
from annotations.transfers.services import request_export, request_import, stored_file
from annotations.visibility import look_at
from facsweb.accounts.models import ApiToken
from facsweb.jobs.models import Run
from facsweb.rest.models import AnsweredRequest
from tests.annotations.data_sets import ck, labels, media, state  # noqa: F401 - fixtures
from tests.factories import import_coder, make_coding, make_face, make_subject, model_coder, png

POSE = {"yaw": -12.5, "pitch": 3.25, "roll": 0.5}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def study(ada, ben):
    """Eight faces of four subjects: imported, predicted, coded, reviewed, one decision undone."""
    faces = []
    for number in range(8):
        code = f"S{number // 2 + 1:03d}"
        tags = {"gender": "female", "age_group": "20-24", "ethnicity": "x"}
        face = make_face(make_subject(code, **tags), sequence=f"{number % 2 + 1:03d}", frame=9)
        make_coding(face, import_coder(), emotion="negative", present=(4, 15), absent=(12,))
        read = make_coding(face, model_coder(), emotion="positive", present=(12,), absent=(4,))
        sets = {"emotions": ["positive", "surprise"], "unsure": [4], "coverage": 0.9}
        Coding.objects.filter(pk=read.pk).update(
            distance=number / 4, sets=sets, pose=POSE, compared_with="neutral"
        )
        Face.objects.filter(pk=face.pk).update(is_drawn=number == 0)
        faces.append(face)
    truth = faces[0].codings.accepted().get()
    reading = Reading("positive", {12: Score(True, "C"), 4: Score(False)})
    propose(ReviewContext(faces[0], ada, seen=truth.pk, comment="she smiles"), Statement(reading))
    correct(ReviewContext(faces[0], ben, seen=truth.pk, comment="=1+1"), Statement(reading))
    second = faces[1].codings.accepted().get()
    undo_review(correct(ReviewContext(faces[1], ben, seen=second.pk), Statement(reading)), ben)
    look_at(ada, [faces[0].pk])
    Coder.objects.filter(user=ada).update(rest_is_absent=True)
    store_neutral(check_image(png()), subject=faces[0].subject, sequence="001", frame=1)
    Detection.objects.create(
        face=faces[0], box=[2, 2, 20, 20], crop=[[0, 0]] * 4, landmarks=[[5, 5]] * 468
    )
    return faces


@pytest.fixture
def export(boss):
    """`export("facsweb", images=True)`: the finished run, which has the subjects' tags."""

    def make(format: str, **options) -> Export:
        run = request_export(boss, format=format, **options)
        assert run.claim()
        run_export.carry_out(run)
        run.refresh_from_db()
        assert run.status == Run.Status.SUCCEEDED, run.error
        return run

    return make


@pytest.fixture
def take_in(boss):
    """`take_in("x.zip", bytes)`: the finished run, whatever it came to."""

    def make(name: str, data: bytes, coder: str = "", options=ImportOptions()) -> Import:  # noqa: B008
        with stored_file(SimpleUploadedFile(name, data)) as stored:
            run = request_import(boss, stored, coder_name=coder, options=options)
        assert run.claim()
        run_import.carry_out(run)
        run.refresh_from_db()
        return run

    return make


def content(run: Export) -> bytes:
    with run.file.open("rb") as file:
        return file.read()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def empty_the_database() -> None:
    """As after `migrate`; reviews are append-only for everybody but this test."""
    Coding.objects.update(based_on=None)
    models.QuerySet(Review).update(undoes=None, reviewed=None, result=None, replaced=None)
    models.QuerySet(Review)._raw_delete("default")
    for model in (
        ActionUnitScore, Coding, Coder, Detection, NeutralFrame, FirstLook, Face, Subject, Export,
        Import, AnsweredRequest, ApiToken,
    ):  # fmt: skip
        model._default_manager.all()._raw_delete("default")
    users = get_user_model().objects.exclude(username="boss")
    users.exclude(username="ben").delete()
