"""Faces read chunk by chunk: each once, whoever reads beside, and short runs don't wait for long.

A real network reads drawn faces; it has learnt from noise, so what it says means nothing.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from django.core.cache import cache
from PIL import Image

from annotations.codings.reading import Reading
from annotations.codings.services import Provenance, add_coding
from annotations.faces.services import Place, add_face, check_image
from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.models import ActionUnitScore, Coding, Detection, Face
from facsweb.jobs.models import Run
from facsweb.jobs.tasks import run_job
from inference import reading
from inference.claims import Claims
from inference.models import Embedding, InferenceRun
from inference.passing import let_pass
from inference.predict_run import predictor_of
from inference.registry import register_version
from tests.factories import make_subject
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.extraction import TrunkFiles
from training.ml.progress import Watch
from training.ml.train import train

pytestmark = pytest.mark.django_db

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=0, max_epochs=3, dense_units=16, batch_size=16, folds=3
)
WORK = "inference.predict_run.carry_out"


@pytest.fixture(scope="module")
def trained(vgg16_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reading")
    draw = np.random.default_rng(3)
    samples = []
    for number in range(27):
        path = folder / f"{number}.png"
        Image.fromarray(draw.integers(0, 256, (80, 80, 3)).astype(np.uint8)).save(path)
        units = {au: bool(number // 3 % 2) for au in MODEL_ACTION_UNITS}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        samples.append(
            Sample(number, path, digest, f"S{number // 3}", EMOTIONS[number % 3], units, {})
        )
    return train(
        CONFIG, samples, TrunkFiles(vgg16_weights, folder / "features"),
        models_root=folder / "models", watch=Watch(),
    )  # fmt: skip


@pytest.fixture
def version(trained, settings, tmp_path):
    settings.MODELS_ROOT = trained.artifact_dir.parent
    settings.FEATURE_CACHE = tmp_path / "features"
    predictor_of.cache_clear()  # of another test's folder of features
    return register_version(trained.artifact_dir, trained.artifact_sha256, {})


@pytest.fixture
def faces(demo_faces) -> list[Face]:
    """Twenty: a chunk, and some more."""
    pictures = sorted(demo_faces.rglob("*.png"))[:20]
    place = make_subject("S1")
    return [
        add_face(check_image(path.read_bytes()), Place(place, "001", number))[0]
        for number, path in enumerate(pictures)
    ]


def make_run(version, faces) -> InferenceRun:
    return InferenceRun.objects.create(version=version, face_ids=[face.pk for face in faces])


def carried_out(run: InferenceRun) -> str:
    run_job(InferenceRun, run.pk, WORK)
    run.refresh_from_db()
    return f"{run.status} {run.error}".strip()


def read_by(version) -> list[int]:
    return sorted(Coding.objects.filter(coder=version.coder).values_list("face", flat=True))


def looked_at(settings) -> set[str]:
    """The digests of the pictures that a trunk has seen."""
    return {path.name[:64] for path in settings.FEATURE_CACHE.rglob("*.npz")}


def rows() -> list[list[tuple]]:
    """All that is stored of predictions, without ids and times."""
    codings = Coding.objects.order_by("face")
    columns = [
        field.attname for field in Coding._meta.fields if field.name not in {"id", "created_at"}
    ]
    return [
        list(codings.values_list(*columns)),
        list(
            ActionUnitScore.objects.order_by("coding__face", "au").values_list(
                "coding__face", "au", "present", "probability", "intensity", "side"
            )
        ),
        [
            (face, bytes(vector))
            for face, vector in Embedding.objects.order_by("coding__face").values_list(
                "coding__face", "vector"
            )
        ],
        list(Detection.objects.order_by("face").values_list("face", "box", "crop", "landmarks")),
    ]


def test_each_face_is_read_once_and_what_is_stored_is_what_the_predictor_says(version, faces):
    run = make_run(version, faces)
    assert carried_out(run) == "succeeded"
    assert read_by(version) == [face.pk for face in faces]
    predictor = predictor_of(version.path, version.sha256, exact=True)
    said = predictor.predict([face.file.path for face in faces])
    stored = Coding.objects.filter(coder=version.coder).order_by("face")
    for coding, prediction in zip(stored, said, strict=True):
        assert coding.emotion_probabilities == pytest.approx(
            prediction.emotion_probabilities, abs=1e-3
        )  # features are kept in half precision
        assert coding.scores.count() == len(MODEL_ACTION_UNITS)
    assert Detection.objects.count() > 15
    assert Embedding.objects.count() in {0, len(faces)}


def test_what_is_stored_of_a_face_doesnt_depend_on_its_chunk(version, faces, monkeypatch):
    run = make_run(version, faces)
    assert carried_out(run) == "succeeded"
    at_once = rows()
    Embedding.objects.all().delete()
    Coding.objects.all().delete()
    Detection.objects.all().delete()
    again = make_run(version, faces)
    source = f"inference run {run.pk}"
    monkeypatch.setattr(reading, "CHUNK", 1)
    assert carried_out(again) == "succeeded"
    Coding.objects.update(source=source)
    assert rows() == at_once


def test_what_another_run_wrote_first_stays_and_the_rest_of_the_chunk_is_written(
    version, faces, monkeypatch
):
    """Another run that has no claim, as where Valkey is away, writes while this one reads."""
    run, stored = make_run(version, faces[:4]), reading.store

    def late(run, said):
        add_coding(faces[1], version.coder, said[1].reading, Provenance("another"))
        stored(run, said)

    monkeypatch.setattr(reading, "store", late)
    assert carried_out(run) == "succeeded"
    assert read_by(version) == [face.pk for face in faces[:4]]
    assert Coding.objects.get(face=faces[1]).source == "another"
    assert Detection.objects.filter(face=faces[0]).exists()


def test_what_another_run_reads_just_now_is_left_to_it(version, faces, monkeypatch, settings):
    other, run = make_run(version, faces), make_run(version, faces)
    claims = Claims(other)
    theirs = {face.pk for face in faces[:3]}
    assert claims.take(theirs) == theirs

    def other_is_done(seconds: float) -> None:
        for face in faces[:3]:
            add_coding(face, version.coder, Reading("positive"), Provenance("another"))
        claims.release_all()

    monkeypatch.setattr(reading.time, "sleep", other_is_done)
    assert carried_out(run) == "succeeded"
    assert read_by(version) == [face.pk for face in faces]
    assert looked_at(settings) == {face.sha256 for face in faces[3:]}


def test_a_claim_of_a_run_that_died_lapses_and_its_faces_are_read(version, faces, monkeypatch):
    other, run = make_run(version, faces), make_run(version, faces[:3])
    Claims(other).take([face.pk for face in faces])
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: cache.clear())
    assert carried_out(run) == "succeeded"
    assert read_by(version) == [face.pk for face in faces[:3]]


def test_the_next_worker_of_a_run_needn_t_await_the_lease(version, faces, monkeypatch):
    run = make_run(version, faces)
    Claims(run).take([face.pk for face in faces])  # by the worker that died
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: pytest.fail("it waits"))
    assert carried_out(run) == "succeeded"


def test_what_a_killed_worker_had_read_is_not_read_again(version, faces, monkeypatch):
    """It dies with a chunk read and not yet written; its features are kept, its claims stay."""
    run, stored = make_run(version, faces), reading.store

    def die(run, said):
        if Coding.objects.exists():
            raise SystemExit
        stored(run, said)

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(reading, "store", die)
        dying.setattr(Claims, "release", lambda *held: None)
        run_job(InferenceRun, run.pk, WORK)
    written = set(Coding.objects.values_list("pk", "face"))
    assert len(written) == reading.CHUNK
    InferenceRun.objects.filter(pk=run.pk).update(status=Run.Status.QUEUED)
    for face in faces:
        face.file.storage.delete(face.file.name)  # nobody looks at a picture again
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: pytest.fail("it waits"))
    assert carried_out(run) == "succeeded"
    assert written < set(Coding.objects.values_list("pk", "face"))
    assert read_by(version) == [face.pk for face in faces]


def test_a_cancelled_run_writes_nothing_more_and_gives_its_claims_back(version, faces, monkeypatch):
    run, stored = make_run(version, faces), reading.store
    written = []

    def cancel_after(run, said):
        stored(run, said)
        written.extend(each.face.pk for each in said)
        InferenceRun.objects.get(pk=run.pk).request_cancel()
        monkeypatch.setattr("facsweb.jobs.progress._SECONDS_BETWEEN_REPORTS", 0)

    monkeypatch.setattr(reading, "store", cancel_after)
    assert carried_out(run) == "cancelled"
    assert read_by(version) == written == [face.pk for face in faces[: reading.CHUNK]]
    other = Claims(make_run(version, faces))
    assert other.are_free([face.pk for face in faces])


def test_what_goes_wrong_with_the_next_chunk_loses_nothing_of_this_one(version, faces):
    faces[-1].file.storage.delete(faces[-1].file.name)
    run = make_run(version, faces)
    assert "FileNotFoundError" in carried_out(run)
    assert read_by(version) == [face.pk for face in faces[: reading.CHUNK]]
    assert Claims(make_run(version, faces)).are_free([face.pk for face in faces])


def test_a_short_run_passes_between_two_chunks_of_a_long_one(version, faces, monkeypatch):
    monkeypatch.setattr(reading, "_SECONDS_BETWEEN_LOOKS", 1e6)  # else sooner
    long, short = make_run(version, faces[:-1]), make_run(version, faces[-1:])
    assert carried_out(long) == "succeeded"
    short.refresh_from_db()
    assert (short.status, short.attempts) == (Run.Status.SUCCEEDED, 1)
    order = list(Coding.objects.order_by("pk").values_list("face", flat=True))
    assert order.index(faces[-1].pk) == reading.CHUNK
    run_job(InferenceRun, short.pk, WORK)  # its message comes
    assert read_by(version) == [face.pk for face in faces]


def test_a_short_run_passes_within_a_chunk_that_is_looked_at(version, faces, monkeypatch):
    monkeypatch.setattr(reading, "_SECONDS_BETWEEN_LOOKS", 0)
    long, short = make_run(version, faces[:-1]), make_run(version, faces[-1:])
    assert carried_out(long) == "succeeded"
    order = list(Coding.objects.order_by("pk").values_list("face", flat=True))
    assert order == [faces[-1].pk, *(face.pk for face in faces[:-1])]
    short.refresh_from_db()
    assert short.finished_at < InferenceRun.objects.get(pk=long.pk).finished_at


def test_a_short_run_of_a_face_that_the_long_one_reads_now_waits_for_that(
    version, faces, monkeypatch
):
    monkeypatch.setattr(reading, "_SECONDS_BETWEEN_LOOKS", 1e6)  # by then the second chunk is begun
    long, short = make_run(version, faces), make_run(version, faces[-1:])
    assert carried_out(long) == "succeeded"
    short.refresh_from_db()
    assert short.status == Run.Status.QUEUED
    assert carried_out(short) == "succeeded"
    assert Coding.objects.get(face=faces[-1]).source == f"inference run {long.pk}"


def test_runs_that_are_long_or_have_killed_a_worker_pass_nobody(version, faces):
    long = make_run(version, faces)
    deadly = InferenceRun.objects.create(version=version, face_ids=[faces[0].pk], deaths=1)
    of_all = InferenceRun.objects.create(version=version, face_ids=None)
    let_pass()
    for run in (long, deadly, of_all):
        run.refresh_from_db()
        assert run.status == Run.Status.QUEUED
