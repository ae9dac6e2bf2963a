"""The edge of every task: each run is carried out once, and a failure is told with care."""

import ast
import errno
import time
from pathlib import Path

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from facsweb.jobs.models import Run, kinds_of_run
from facsweb.jobs.tasks import MOST_ATTEMPTS, NO_ROOM, run_job
from training.models import TrainingRun

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
HERE = __name__
_carried_out: list[int] = []


def work(run: Run) -> None:
    _carried_out.append(run.pk)
    run.finish(Run.Status.SUCCEEDED)


def lose_a_file(run: Run) -> None:
    Path("/srv/secret/place/missing.png").read_bytes()


def lose_a_model(run: Run) -> None:
    from django.conf import settings

    raise ValueError(f"File not found: filepath={settings.MODELS_ROOT}/VGG16-1/network.keras")


@pytest.fixture
def run() -> TrainingRun:
    _carried_out.clear()
    return TrainingRun.objects.create()


def failure(run: TrainingRun, name: str) -> str:
    run_job(TrainingRun, run.pk, f"{HERE}.{name}")
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    return run.error


def test_run_is_carried_out_once_however_often_its_message_comes(run):
    for _ in range(2):
        run_job(TrainingRun, run.pk, f"{HERE}.work")
    run.refresh_from_db()
    assert (run.status, run.attempts, _carried_out) == (Run.Status.SUCCEEDED, 1, [run.pk])


def test_run_that_is_gone_is_nothing(run):
    run_job(TrainingRun, run.pk + 1, f"{HERE}.work")
    assert _carried_out == []


def test_missing_file_is_told_without_its_path(run):
    assert failure(run, "lose_a_file") == "FileNotFoundError: No such file or directory"


def test_path_in_a_librarys_words_is_cut_down_to_our_folder(run):
    told = failure(run, "lose_a_model")
    assert told == "ValueError: File not found: filepath=models/VGG16-1/network.keras"


def take_too_long(run: Run) -> None:
    raise SoftTimeLimitExceeded(39600)


def fill_the_disk(run: Run) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/srv/secret/place")


def lose_the_database(run: Run) -> None:
    raise OperationalError("server closed the connection unexpectedly")


def test_run_in_passing_is_handed_back_when_the_longer_ones_time_is_over(run):
    with pytest.raises(SoftTimeLimitExceeded):
        run_job(TrainingRun, run.pk, f"{HERE}.take_too_long", in_passing=True)
    run.refresh_from_db()
    assert (run.status, run.error, run.deaths) == (Run.Status.QUEUED, "", 0)


def test_soft_time_limit_is_told_with_what_can_be_done(run):
    told = failure(run, "take_too_long")
    assert told.startswith("It took longer than a job may, 12.0 hours, and was stopped.")
    assert "TASK_TIME_LIMIT" in told


def test_full_disk_is_told_in_words(run):
    assert failure(run, "fill_the_disk") == NO_ROOM


@pytest.mark.django_db(transaction=True)  # the connection is closed, and a test's own would go too
def test_lost_database_fails_no_run_before_it_was_lost_often(run):
    for attempt in range(1, MOST_ATTEMPTS):
        run_job(TrainingRun, run.pk, f"{HERE}.lose_the_database")
        run.refresh_from_db()
        assert (run.status, run.attempts, run.deaths) == (Run.Status.QUEUED, attempt, 0)
    assert not TrainingRun.objects.to_look_after().exists()  # not at once: it would fail again
    assert failure(run, "lose_the_database").startswith("OperationalError: ")


def idle_in_a_transaction(run: Run) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        time.sleep(0.5)
        cursor.execute("SELECT 1")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite ends no transaction")
@pytest.mark.django_db(transaction=True)
def test_a_run_whose_transaction_the_server_ended_is_begun_anew(run):
    run_job(TrainingRun, run.pk, f"{HERE}.idle_in_a_transaction")
    run.refresh_from_db()
    assert (run.status, run.attempts, run.deaths) == (Run.Status.QUEUED, 1, 0)


def test_work_that_cannot_be_imported_fails_the_run(run):
    assert failure(run, "no_such_work").startswith("ImportError: ")


def test_every_task_names_work_that_there_is():
    """A dotted path is checked by no tool, and the worker would be the first to miss it."""
    named = [
        call.args[2].value
        for app in ("annotations", "inference", "training")
        for path in (ROOT / app).rglob("tasks.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "run_job"
    ]
    assert len(named) == len(kinds_of_run()) + 1  # a training has two
    for dotted in named:
        module, _, function = dotted.rpartition(".")
        tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text())
        assert function in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
