"""Progress of a run: a worker stores how far the run is, and learns that it must stop."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import connection

from facsweb.jobs.fence import Cancelled
from facsweb.jobs.log import JobLog
from facsweb.jobs.models import LEASE, Run

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_REPORTS = 0.5


class Progress:
    """The progress of a run, stage by stage, with the time that the stage will still take.

    The row is written and read at most twice a second: work reports far more often.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stage = ""
        self._began = self._stored = self._asked = 0.0
        self._cancelled = False
        self._log = JobLog(run.log)

    def stage(self, name: str, total: int = 0) -> None:
        """Begin a stage, and log that. Raises Cancelled."""
        self.begin(name)
        self._log.write(f"{name[0].upper()}{name[1:]}" + (f": {total:,}." if total else "."))
        self(0, total)

    def begin(self, name: str) -> None:
        """Begin a stage; the next `store` stores it."""
        self._stage, self._began, self._stored = name, time.monotonic(), 0.0

    def tell(self, outcome: dict[str, Any]) -> None:
        """Store what is known so far, for people who watch and may want to cancel."""
        type(self._run)._default_manager.filter(pk=self._run.pk).update(outcome=outcome)

    def __call__(self, done: int, total: int) -> None:
        """Store how far the stage is, now and then. Raises Cancelled."""
        if self.store(done, total) and self._run.is_cancelled():
            raise Cancelled

    def store(self, done: int, total: int) -> bool:
        """Store how far the stage is, unless that was done a moment ago; tell whether it was.

        The beginning and the end of a stage are always stored.
        """
        now = time.monotonic()
        if now - self._stored < _SECONDS_BETWEEN_REPORTS and done != total:
            return False
        self._stored = now
        eta = self.seconds_left(now - self._began, done, total)
        self._run.report(
            stage=self._stage, done=done, total=total, eta_seconds=eta, **self.more_to_store()
        )
        return True

    def seconds_left(self, elapsed: float, done: int, total: int) -> float | None:
        """Return the seconds that the work will still take, by the pace of the stage so far.

        Who knows of later stages too says better.
        """
        return elapsed / done * (total - done) if done and total else None

    def more_to_store(self) -> dict[str, Any]:
        """Return values of the columns that are stored beside how far the stage is."""
        return {"log": self._log.entries}

    def is_cancelled(self) -> bool:
        """Tell whether the work must stop; for work that asks by itself."""
        now = time.monotonic()
        if not self._cancelled and now - self._asked >= _SECONDS_BETWEEN_REPORTS:
            self._asked = now
            self._cancelled = self._run.is_cancelled()
        return self._cancelled


@contextmanager
def work_folder(run: Run) -> Iterator[Path]:
    """Make a folder of this attempt's own: empty at first, gone afterwards.

    What workers before left of the same run goes too, but nothing of a later one: this worker may
    itself be late, unaware that it has lost the run.
    """
    root = settings.VAR_DIR / "transfers"
    name = f"{run._meta.model_name}-{run.pk}"
    folder = root / f"{name}-{run.attempts}"
    for attempt in range(1, run.attempts + 1):
        shutil.rmtree(root / f"{name}-{attempt}", ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with beating(run.beat, LEASE.total_seconds() / 4):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def beating(beat: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `beat` every few seconds, in a thread of its own, while the block goes on.

    It keeps the run's lease: copying ten gigabytes to a bucket, or solving a regression, shows no
    progress for minutes.
    """
    done = threading.Event()

    def work() -> None:
        while not done.wait(seconds):
            try:
                beat()
            except Exception as error:  # the database is away: it may be back at the next beat
                logger.warning("no heartbeat: %s", error)
            finally:
                connection.close()  # this thread's own

    threading.Thread(target=work, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def fetched(stored: File[bytes], target: Path, progress: Progress) -> Path:
    """Copy a stored file to this machine's disk, wherever the storage is; return its path."""
    progress.stage("fetching the file")
    with stored.open("rb") as source, target.open("xb") as file:
        while chunk := source.read(1 << 20):
            file.write(chunk)
            progress(file.tell() >> 20, stored.size >> 20)
    return target
