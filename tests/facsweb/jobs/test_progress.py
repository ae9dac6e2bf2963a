"""How far a run is: stored now and then, with the time that is left, until somebody cancels."""

import io

import pytest

from facsweb.jobs import console
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.progress import Progress, work_folder
from training.ml.progress import Watch
from training.models import TrainingRun
from training.runs.progress import TrainingProgress

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> TrainingRun:
    run = TrainingRun.objects.create()
    assert run.claim()
    return run


def stored(run: TrainingRun) -> tuple[str, int, int]:
    run.refresh_from_db()
    return run.stage, run.done, run.total


def test_beginning_and_end_of_a_stage_are_stored_whatever_lies_between(run):
    progress = Progress(run)
    progress.stage("reading", 9)
    assert stored(run) == ("reading", 0, 9)
    progress(1, 9)  # a moment after
    assert stored(run) == ("reading", 0, 9)
    progress(9, 9)
    assert stored(run) == ("reading", 9, 9)
    progress.stage("writing", 4)
    assert stored(run) == ("writing", 0, 4)
    assert run.eta_seconds is None


def test_time_that_is_left_follows_from_the_stage_so_far(run, monkeypatch):
    clock = iter([100.0, 100.0, 110.0])
    monkeypatch.setattr("facsweb.jobs.progress.time.monotonic", lambda: next(clock))
    progress = Progress(run)
    progress.stage("reading", 30)
    progress(10, 30)
    run.refresh_from_db()
    assert run.eta_seconds == pytest.approx(20)


def test_cancelled_run_stops_its_work_at_the_next_report(run):
    progress = Progress(run)
    run.request_cancel()
    with pytest.raises(Cancelled):
        progress.stage("reading")
    assert progress.is_cancelled()


def test_worker_that_comes_too_late_leaves_its_successors_folder_alone(run, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    late = work_folder(run)
    late.__enter__()
    run.hand_back()
    successor = TrainingRun.objects.get()
    assert successor.claim()
    with work_folder(successor) as folder:
        (folder / "half").touch()
        late.__exit__(None, None, None)
        with work_folder(run):  # it may have been stopped before it began, too
            pass
        assert (folder / "half").exists()
    assert not any((tmp_path / "transfers").iterdir())


def test_training_tells_its_losses_fold_by_fold(run):
    progress = TrainingProgress(run)
    watch = Watch(progress.hear, progress.is_cancelled)
    watch("fold 1", 0, 2)
    watch("fold 1", 1, 2, {"loss": 0.9})
    watch("fold 1", 2, 2, {"loss": 0.7})
    assert stored(run) == ("fold 1", 2, 2)
    assert (run.epoch, run.history) == (2, {"loss": [0.9, 0.7]})
    watch("fold 2", 1, 2, {"loss": 0.8})
    assert stored(run) == ("fold 2", 1, 2)
    assert (run.epoch, run.history) == (1, {"loss": [0.8]})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("kind", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_bar_is_for_terminals_only(monkeypatch, kind, shown):
    screen = kind()
    monkeypatch.setattr("sys.stderr", screen)
    with console.StageBar("training") as bar:
        bar(0, 3, "features")
        bar(3, 3, "features")
        bar(1, 2, "fold 1")
    assert ("training: fold 1" in screen.getvalue()) is shown
