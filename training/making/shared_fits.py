"""Folds of a training among several workers: claims in Valkey, what came out in the bucket.

Without a bucket they share a disk, on which each finds the others' checkpoints.
"""

from __future__ import annotations

import logging
from contextlib import suppress

import redis
from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError

from inference.shared_cache import SharedCache, shared_cache
from training.ml.checkpoints import KEPT
from training.models import TrainingRun

logger = logging.getLogger(__name__)

_ROOT = "checkpoints"
_HELP = "training.tasks.help_to_train"
#: The run's own worker needn't renew its claims: the next worker of the run has the same.
_LEADER, _LEADERS_SECONDS = "leader", 24 * 3600
#: A helper that is silent for so long has no claims any more: the run's own worker waits for less.
HELPERS_SECONDS = 30


class FitsOfRun:
    """The fits of one training, as its own worker or one that helps sees them.

    Parameters
    ----------
    run
        The training.
    name
        That of its checkpoints (`training.ml.checkpoints.Checkpoints.name`).
    helper
        A name of its own for a worker that helps; the run's own has none.
    """

    def __init__(self, run: TrainingRun, name: str, helper: str = "") -> None:
        self._run, self._name = run, name
        self._who = helper or _LEADER
        self._seconds = HELPERS_SECONDS if helper else _LEADERS_SECONDS
        self._held: set[str] = set()
        self._has_asked = False
        self._cache = shared_cache()

    def ask(self) -> None:
        """Ask by one message, which whoever hears it passes on when it has taken a fit."""
        self._has_asked = True
        try:
            current_app.send_task(_HELP, [self._run.pk, self._name], retry=False)
        except OperationalError as error:
            logger.warning("nobody is asked to help with %s: %s", self._run, error)

    def take(self, name: str) -> bool:
        """Claim a fit. Where the broker is away, the run's own worker fits all."""
        try:
            taken = cache.add(self._key(name), self._who, self._seconds)
            taken = taken or cache.get(self._key(name)) == self._who
        except redis.RedisError:
            return self._who == _LEADER
        if taken:
            self._held.add(name)
        if taken and self._who != _LEADER:
            logger.info("takes %s", name)
            if not self._has_asked:
                self.ask()
        return bool(taken)

    def is_taken(self, name: str) -> bool:
        try:
            return cache.get(self._key(name)) not in (None, self._who)
        except redis.RedisError:
            return False

    def beat(self) -> None:
        """Keep the claims for another lease."""
        with suppress(redis.RedisError):
            for name in [*self._held]:
                cache.touch(self._key(name), self._seconds)

    def release(self, name: str) -> None:
        self._held.discard(name)
        with suppress(redis.RedisError):  # else it lapses by itself
            cache.delete(self._key(name))

    def release_all(self) -> None:
        """Give back whatever is held: what isn't kept by now is for others to fit."""
        for name in [*self._held]:
            self.release(name)

    def get(self, name: str) -> bytes | None:
        return self._cache.get(self._path(name)) if self._cache else None

    def put(self, name: str, data: bytes) -> None:
        if self._cache:
            self._cache.put(self._path(name), data)

    def clear(self) -> None:
        self.release_all()
        if self._cache:
            self._cache.tried(self._tidy, self._cache)

    def _tidy(self, shared: SharedCache) -> None:
        shared.remove(f"{_ROOT}/{self._name}")
        for folder in shared.folders(_ROOT):  # of trainings that never went on
            if shared.age(f"{_ROOT}/{folder}") > KEPT:
                shared.remove(f"{_ROOT}/{folder}")

    def _key(self, name: str) -> str:
        return f"fits:{self._name}:{name.replace(' ', '-')}"

    def _path(self, name: str) -> str:
        return f"{_ROOT}/{self._name}/{name}.npz"


def forget_shared_fits() -> int:
    """Delete what trainings keep in the bucket, and return of how many."""
    shared = shared_cache()
    folders = shared.folders(_ROOT) if shared else []
    for folder in folders:
        assert shared is not None
        shared.remove(f"{_ROOT}/{folder}")
    return len(folders)
