"""How a worker tells of a transfer, and hears that it shall stop."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.base import File

from annotations.runs import Run

_SECONDS_BETWEEN_REPORTS = 0.5


class Cancelled(Exception):
    """Somebody cancelled the run, or another worker has it."""


class Progress:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._stage = ""
        self._began = self._told = 0.0

    def stage(self, name: str) -> None:
        self._stage, self._began, self._told = name, time.monotonic(), 0.0
        self(0, 0)

    def __call__(self, done: int, total: int) -> None:
        """Store how far it is, now and then. Raises Cancelled."""
        now = time.monotonic()
        if now - self._told < _SECONDS_BETWEEN_REPORTS and done != total:
            return
        self._told = now
        elapsed = now - self._began
        eta = elapsed / done * (total - done) if done and total else None
        self._run.report(stage=self._stage, done=done, total=total, eta_seconds=eta)
        if self._run.is_cancelled():
            raise Cancelled


@contextmanager
def work_folder(run: Run) -> Iterator[Path]:
    """A folder of the run's own, empty at first, gone afterwards.

    What a killed worker left of the same run goes too.
    """
    folder = settings.VAR_DIR / "transfers" / f"{run._meta.model_name}-{run.pk}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fetched(stored: File, target: Path) -> Path:
    """A stored file on this machine's disk, wherever the storage is."""
    with stored.open("rb") as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    return target
