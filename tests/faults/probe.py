"""A worker that can be struck at a chosen moment: `celery -A tests.faults.probe worker`.

It is the product's worker, but for three things: its leases and pauses last seconds, not minutes;
it looks at each phase of a job whether an order lies in its folder; and it obeys the order by a
signal to itself, so that a fault meets exactly that phase, whatever else the machine does.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import django

django.setup()

from facsweb import celery as wiring  # noqa: E402 - the apps must be loaded
from facsweb.celery import app  # noqa: E402, F401 - Celery looks for it
from tests.faults.machine import fill  # noqa: E402

ORDERS = Path(os.environ["FAULTS_ORDERS"])
LEASE = timedelta(seconds=float(os.environ.get("FAULTS_LEASE", "6")))
TOO_LONG = timedelta(seconds=2)

_here = threading.local()
_passed: dict[str, int] = {}


def reached(phase: str) -> None:
    """Obey the order that lies there for this phase, once, if this thread carries a job out."""
    if not getattr(_here, "job", False):
        return
    try:
        order = json.loads((ORDERS / "order.json").read_text())
    except (FileNotFoundError, ValueError):
        return
    if order["phase"] != phase:
        return
    name = f"{order['number']} {phase}"
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] < order["times"]:
        return
    try:
        (ORDERS / "order.json").rename(ORDERS / f"taken-{os.getpid()}")
    except FileNotFoundError:  # another worker was struck by it
        return
    (ORDERS / f"taken-{os.getpid()}").write_text(str(order["number"]))
    (ORDERS / f"taken-{os.getpid()}").rename(ORDERS / f"struck-{os.getpid()}")
    _obey(order["act"])


def _obey(act: str) -> None:
    if act == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])  # the soft limit's
        time.sleep(60)
    elif act == "fill":
        fill(Path(os.environ["FAULTS_DISK"]))
    elif act == "pause":
        time.sleep(LEASE.total_seconds() * 2)
    else:
        os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[act])


def _after(owner: Any, name: str, phase: str, only_if: Any = lambda answer: True) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        if only_if(answer):
            reached(phase)
        return answer

    setattr(owner, name, wrapped)


def _before(owner: Any, name: str, phase: str, only_if: Any) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if only_if(*args, **kwargs):
            reached(phase)
        return original(*args, **kwargs)

    setattr(owner, name, wrapped)


def _watch_artefacts() -> None:
    from inference.ml import artifact

    ours = ".partial-"

    def is_begun(*_: Any, prefix: str = "", **__: Any) -> bool:
        return prefix == ours

    def is_complete(path: Path, _: Any) -> bool:
        return path.name.startswith(ours)

    _before(artifact.tempfile, "mkdtemp", "artefact", is_begun)
    _after(artifact, "sha256_of", "digest")
    _before(Path, "rename", "rename", is_complete)


def _watch_commits() -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper

    original = BaseDatabaseWrapper._commit

    def commit(self: BaseDatabaseWrapper) -> Any:
        reached("uncommitted")
        answer = original(self)
        reached("committed")
        return answer

    BaseDatabaseWrapper._commit = commit


def _watch_epochs(watch: Any) -> None:
    original = watch.__call__

    def call(self: Any, stage: str, done: int, total: int, losses: Any = None, **more: Any) -> None:
        original(self, stage, done, total, losses, **more)
        if losses is not None:
            reached("epoch")

    watch.__call__ = call


def _watch_tasks() -> None:
    from annotations.transfers import tasks as transfers
    from facsweb.jobs import tasks
    from inference import tasks as inference
    from training import tasks as training

    original = tasks.run_job

    def run_job(model: Any, pk: int, work: str) -> None:
        _here.job = True
        if work.startswith("training.making.train"):
            from training.ml import train  # it loads TensorFlow, which only a child may

            _watch_artefacts()
            _after(train, "write_artifact", "weights")
        try:
            original(model, pk, work)
        finally:
            _here.job = False

    for module in (transfers, inference, training):
        module.run_job = run_job


def _watch() -> None:
    from annotations.faces.storage import DurableFileSystemStorage
    from facsweb.jobs import models, progress, recovery
    from training.ml.progress import Watch

    models.LEASE = progress.LEASE = LEASE
    models.QUEUED_TOO_LONG = recovery.QUEUED_TOO_LONG = TOO_LONG
    wiring._SECONDS_BETWEEN_SWEEPS = 1
    _after(models.Run, "claim", "claimed", bool)
    _after(progress.Progress, "store", "working")
    _after(DurableFileSystemStorage, "_save", "stored")
    _after(models.Run, "finish", "ended")
    _watch_epochs(Watch)
    _watch_commits()
    _watch_tasks()


_watch()
