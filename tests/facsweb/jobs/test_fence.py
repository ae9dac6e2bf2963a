"""A worker that was stopped beyond its lease and is woken writes nothing, whatever its job is."""

import pytest
from django.db import transaction

from annotations.models import Coder, Coding, Face, Subject
from facsweb.jobs.fence import LeaseLost, fenced, unfenced
from facsweb.jobs.models import Run
from facsweb.jobs.tasks import run_job
from tests.facsweb.jobs.kinds import KINDS, make_job
from tests.facsweb.jobs.silence import orphan
from training.models import Comparison, TrainingRun

pytestmark = pytest.mark.django_db

HERE = __name__


def lose(run: Run) -> Run:
    """Take the run over, as another worker does; return it as that one knows it."""
    with unfenced():  # in another process, it would be
        orphan(run)
        assert run.take_from_the_dead("It was stopped.")
        other = type(run).objects.get(pk=run.pk)
        assert other.claim()
    return other


def late_work(run: Run) -> None:
    """Be stopped in the middle of the work, and go on when it is another's."""
    Subject.objects.create(code="before")
    lose(run)
    with transaction.atomic():
        Subject.objects.create(code="after")


WRITES = {
    "a row": lambda run: Subject.objects.create(code="S1"),
    "many rows": lambda run: Subject.objects.bulk_create([Subject(code="S1")]),
    "an update": lambda run: Coder.objects.update(about="late"),
    "a deletion": lambda run: Coder.objects.all().delete(),
    "its own row": lambda run: run.save(update_fields=["stage"]),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_is_written_by_whom_the_run_was_taken_from(write):
    Coder.objects.create(kind=Coder.Kind.IMPORT, name="CK+")
    run = Comparison.objects.create()
    assert run.claim()
    with fenced(run):
        with transaction.atomic():
            write(run)
            transaction.set_rollback(True)
        lose(run)
        with pytest.raises(LeaseLost), transaction.atomic():
            write(run)
        assert not run.finish(Run.Status.SUCCEEDED)
    assert not Subject.objects.exists()
    assert list(Coder.objects.values_list("name", "about")) == [("CK+", "")]
    assert Comparison.objects.get().status == Run.Status.RUNNING


def test_reading_goes_on_and_so_does_writing_without_a_fence():
    run = TrainingRun.objects.create()
    assert run.claim()
    lose(run)
    with fenced(run):
        assert not Face.objects.exists()
    Subject.objects.create(code="S1")


def test_half_of_a_transaction_is_taken_back():
    run = TrainingRun.objects.create()
    assert run.claim()
    with fenced(run), pytest.raises(LeaseLost), transaction.atomic():
        Subject.objects.create(code="S1")
        with unfenced():
            TrainingRun.objects.filter(pk=run.pk).update(attempts=2)
        Subject.objects.create(code="S2")
    assert not Subject.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_statement_outside_of_any_transaction_is_fenced_too():
    run = TrainingRun.objects.create()
    assert run.claim()
    with fenced(run):
        Subject.objects.create(code="S1")
        lose(run)
        with pytest.raises(LeaseLost):
            Subject.objects.create(code="S2")
    assert [subject.code for subject in Subject.objects.all()] == ["S1"]


def test_whoever_ended_a_run_may_write_what_belongs_to_its_end():
    run = TrainingRun.objects.create()
    assert run.claim()
    with fenced(run):
        with transaction.atomic():
            assert run.finish(Run.Status.SUCCEEDED)
            Subject.objects.create(code="S1")
        run.save(update_fields=["stage"])
    assert Subject.objects.exists()


def test_within_a_job_that_is_done_in_passing_its_own_fence_holds():
    long, short = TrainingRun.objects.create(), Comparison.objects.create()
    assert long.claim() and short.claim()
    with fenced(long):
        with fenced(short):
            lose(long)
            Subject.objects.create(code="S1")
            lose(short)
            with pytest.raises(LeaseLost), transaction.atomic():
                Subject.objects.create(code="S2")
        with pytest.raises(LeaseLost, match=f"{long}"), transaction.atomic():
            Subject.objects.create(code="S3")
    assert [subject.code for subject in Subject.objects.all()] == ["S1"]


def test_run_that_somebody_else_ended_is_closed_too():
    run = TrainingRun.objects.create()
    assert run.claim()
    TrainingRun.objects.update(status=Run.Status.FAILED)
    with fenced(run), pytest.raises(LeaseLost), transaction.atomic():
        Subject.objects.create(code="S1")


@pytest.mark.parametrize("model", KINDS, ids=lambda model: model.__name__)
def test_job_of_each_kind_is_fenced(model):
    run = make_job(model)
    known = set(Subject.objects.values_list("code", flat=True))
    run_job(model, run.pk, f"{HERE}.late_work")
    assert set(Subject.objects.values_list("code", flat=True)) == {*known, "before"}
    run.refresh_from_db()
    assert (run.status, run.attempts, run.error) == (Run.Status.RUNNING, 2, "")
    assert not Coding.objects.exists()
