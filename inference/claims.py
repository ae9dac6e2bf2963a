"""Claims on faces that a run reads just now, so that no version reads a face twice at once.

A claim saves work and guards nothing: that a face has one prediction by a version is the database's
rule. So claims are kept in Valkey, each with a lease, and where Valkey is away nobody has any.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

import redis
from django.core.cache import cache

from facsweb.jobs.models import LEASE
from inference.models import InferenceRun

logger = logging.getLogger(__name__)


class Claims:
    """The faces that a run reads now. Another worker of the same run may have them, too.

    So the next worker of a run whose worker died goes on at once, and needn't await a lease. Two
    that share a run have other parts of it.
    """

    def __init__(self, run: InferenceRun) -> None:
        self._run = run
        self._held: set[int] = set()

    def take(self, faces: Collection[int]) -> set[int]:
        """Claim faces, by their ids; return those that no other run has."""
        try:
            had = self._had_by_others(faces)
        except redis.RedisError as error:
            logger.warning("another run may read the same faces, the broker is away: %s", error)
            had = set()
        taken = set(faces) - had
        self._held |= taken
        return taken

    def are_free(self, faces: Collection[int]) -> bool:
        """Tell whether no other run reads any of some faces now; nothing is claimed."""
        try:
            runs = cache.get_many([self._key(face) for face in faces]).values()
        except redis.RedisError:
            return True
        return set(runs) <= {self._run.pk}

    def release(self, faces: Collection[int]) -> None:
        """Give back those of some faces that were taken, read or not."""
        held = self._held & set(faces)
        self._held -= held
        try:
            if held:
                cache.delete_many([self._key(face) for face in held])
        except redis.RedisError as error:
            logger.warning("claims lapse by themselves, the broker is away: %s", error)

    def release_all(self) -> None:
        """Give back whatever is held."""
        self.release(set(self._held))

    def _had_by_others(self, faces: Collection[int]) -> set[int]:
        keys = {face: self._key(face) for face in faces}
        seconds = LEASE.total_seconds()
        late = [f for f, key in keys.items() if not cache.add(key, self._run.pk, seconds)]
        runs = cache.get_many([keys[face] for face in late]) if late else {}
        had = {face for face in late if runs.get(keys[face], self._run.pk) != self._run.pk}
        for face in set(late) - had:  # it was ours before, or lapsed a moment ago
            cache.set(keys[face], self._run.pk, seconds)
        return had

    def _key(self, face: int) -> str:
        return f"reads:{self._run.version_id}:{face}"
