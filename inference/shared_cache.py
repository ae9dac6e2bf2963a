"""Files that workers keep for those of other machines in the bucket: all can be made again.

`features/<sha256 of the picture>/<trunk>-<name>.npz`, and checkpoints of trainings that go on
(`training.making.shared_fits`). Names tell what is in a file, so whoever finds one can take it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils import timezone

P = ParamSpec("P")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

#: The bucket's name in STORAGES.
_BUCKET = "caches"


class SharedCache:
    """Files that all machines may read.

    Reading and writing fail for nobody: after the first error no more is asked, and what would have
    been found is made again.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage, self._is_away = storage, False

    def get(self, name: str) -> bytes | None:
        """Return a file's bytes; None where it isn't there, or can't be read."""

        def read() -> bytes:
            with self._storage.open(name, "rb") as file:
                return bytes(file.read())

        return self.tried(read)

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, in the place of what has its name."""
        self.tried(self._storage.save, name, File(BytesIO(data)))

    def folders(self, under: str) -> list[str]:
        """Return the names of the folders in one; [] where there is none. Errors are raised."""
        try:
            return sorted(self._storage.listdir(under)[0])
        except FileNotFoundError:
            return []

    def files(self, folder: str) -> Iterator[str]:
        """Yield the names of a folder's files, from the root. Errors are raised."""
        try:
            for name in self._storage.listdir(folder)[1]:
                yield f"{folder}/{name}"
        except FileNotFoundError:
            return

    def remove(self, folder: str) -> int:
        """Delete a folder's files, and return how many there were. Errors are raised."""
        names = [*self.files(folder)]
        for name in names:
            self._storage.delete(name)
        return len(names)

    def age(self, folder: str) -> timedelta:
        """Return how long ago a file was put into a folder; long, where there is none."""
        put = [self._storage.get_modified_time(name) for name in self.files(folder)]
        return timezone.now() - max(put) if put else timedelta.max

    def tried(self, work: Callable[P, Result], *args: P.args, **named: P.kwargs) -> Result | None:
        """Return what `work` does, or None: errors are logged, and the first one is the last."""
        if self._is_away:
            return None
        try:
            return work(*args, **named)
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever a storage raises where it is away
            self._is_away = True
            logger.warning("nothing more is shared by this job, the bucket is away: %s", error)
            return None


def shared_cache() -> SharedCache | None:
    """Return what machines share; None without a bucket, where they share a disk or are one."""
    return SharedCache(storages[_BUCKET]) if _BUCKET in settings.STORAGES else None
