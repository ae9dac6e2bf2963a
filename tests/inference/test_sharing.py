"""A long prediction run in parts: several workers, nothing left out and nothing done twice."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from annotations.codings.reading import Reading
from annotations.codings.services import Provenance, add_coding
from annotations.models import Coding, Face
from facsweb.jobs.fence import Cancelled, LeaseLost, fenced, unfenced
from facsweb.jobs.progress import Progress
from inference import sharing
from inference.models import InferenceRun
from inference.parts import PART_LEASE, PredictionPart
from tests.factories import make_face, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    """A claimed run of seven faces in parts of two."""
    faces = [make_face() for _ in range(7)]
    run = InferenceRun.objects.create(version=make_version("VGG16-1"))
    assert run.claim()
    sharing.split(run, [face.pk for face in faces], faces=2)
    return run


@pytest.fixture
def work(run):
    """Write a coding for each face of a part."""

    def work(first: int, last: int, tell) -> None:
        for done, face in enumerate(Face.objects.filter(pk__range=(first, last)), 1):
            with transaction.atomic():
                add_coding(
                    face, run.version.coder, Reading(emotion="positive"), Provenance("a test")
                )
            tell(done)

    return work


def nobody(run: InferenceRun) -> None:
    """Ask nobody for help."""


def silent(part: PredictionPart) -> None:
    """Have its helper be silent for longer than the lease."""
    longer = Now() - PART_LEASE - timedelta(seconds=1)
    PredictionPart.objects.filter(pk=part.pk).update(held_at=longer)


def read(run: InferenceRun) -> list[int]:
    """The faces that have a prediction, each as often as it was made."""
    return sorted(Coding.objects.filter(coder=run.version.coder).values_list("face", flat=True))


def every_face() -> list[int]:
    return list(Face.objects.order_by("pk").values_list("pk", flat=True))


def test_parts_hold_each_face_once(run):
    held = [range(part.first, part.last + 1) for part in run.parts.all()]
    assert sorted(pk for part in held for pk in part) == every_face()
    assert [part.faces for part in run.parts.all()] == [2, 2, 2, 1]


def test_without_helpers_the_runs_own_worker_does_it_all(run, work):
    told = []
    progress = Progress(run)
    progress.stage("predict", 7)
    sharing.lead(run, lambda done, total: told.append((done, total)), work, nobody)
    assert read(run) == every_face()
    assert told == sorted(told) and told[-1] == (7, 7)
    assert not run.parts.exists()


def test_a_helper_takes_what_is_free_and_the_runs_worker_the_rest(run, work):
    first = run.parts.first()
    assert first.take(by_helper=False)
    sharing.help_along(run, work, nobody)
    assert read(run) == every_face()[2:]
    assert not run.parts.free().exists()
    work(first.first, first.last, lambda done: None)
    first.finish()
    sharing.lead(run, lambda done, total: None, work, nobody)
    assert read(run) == every_face()


def test_two_never_have_the_same_part(run):
    mine, theirs = run.parts.first(), run.parts.first()
    assert mine.take(by_helper=True)
    assert not theirs.take(by_helper=True)
    assert not theirs.take(by_helper=False)


def test_a_silent_helper_loses_its_part_and_writes_nothing_when_it_wakes(run, work):
    part = run.parts.first()
    assert part.take(by_helper=True)
    with fenced(part):
        with transaction.atomic():
            work(part.first, part.first, lambda done: None)
        with unfenced():  # in another process, it would be
            silent(part)
            assert run.parts.first().take(by_helper=False)
        with pytest.raises(LeaseLost), transaction.atomic():
            work(part.last, part.last, lambda done: None)
    assert read(run) == [part.first]


def test_a_helper_that_fails_gives_its_part_back(run):
    def broken(first, last, tell):
        raise ValueError("no such network")

    with pytest.raises(ValueError, match="no such network"):
        sharing.help_along(run, broken, nobody)
    assert run.parts.free().count() == 4


def test_helpers_stop_when_the_run_is_cancelled(run, work):
    def cancel_amid(first, last, tell):
        run.request_cancel()
        work(first, last, tell)

    with pytest.raises(Cancelled):
        sharing.help_along(run, cancel_amid, nobody)
    assert read(run) == []
    sharing.help_along(run, work, nobody)
    assert read(run) == []
    with pytest.raises(Cancelled):
        sharing.lead(run, Progress(run), work, nobody)


def test_the_next_worker_of_a_run_leaves_to_helpers_what_they_have(run, work):
    """The first worker had the first part and died; a helper has the third and lives."""
    first, _, third, _ = run.parts.all()
    assert first.take(by_helper=False)
    assert third.take(by_helper=True)
    sharing.split(run, every_face(), faces=3)
    made = [(part.first, part.last) for part in run.parts.all()]
    ids = every_face()
    assert made == [(ids[0], ids[2]), (ids[3], ids[3]), (third.first, third.last), (ids[6], ids[6])]
    with fenced(third):
        work(third.first, third.last, lambda done: None)
        third.finish()
    sharing.lead(run, lambda done, total: None, work, nobody)
    assert read(run) == ids


def test_a_run_whose_helper_fell_silent_is_ended_by_its_own_worker(run, work, monkeypatch):
    part = run.parts.last()
    assert part.take(by_helper=True)
    monkeypatch.setattr(sharing.time, "sleep", lambda seconds: silent(part))
    sharing.lead(run, lambda done, total: None, work, nobody)
    assert read(run) == every_face()
