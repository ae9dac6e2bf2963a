"""File storage that puts files on the disk, not just in its cache, before anybody relies on it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage

#: A disk writes many files at once in little more time than one.
_AT_ONCE = 8
_waiting = threading.local()


class DurableFileSystemStorage(FileSystemStorage):
    """Storage that syncs each file and its folder: a committed row never names a lost file."""

    def _save(self, name: str, content: File[bytes]) -> str:
        folder = Path(self.path(name)).parent
        new: list[Path] = []
        if not folder.exists():
            new = [each for each in (folder, *folder.parents) if not each.exists()]
        stored: str = super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out
        path = Path(self.path(stored))
        written = [path, path.parent, *(made.parent for made in new)]
        together = getattr(_waiting, "paths", None)
        if together is None:
            for each in written:
                _sync(each)
        else:
            together.update(written)
        return stored


def local_copies() -> Path:
    """Return the folder in which a machine keeps copies of pictures from a remote storage."""
    return Path(settings.VAR_DIR) / "faces"


def forget_copy(name: str) -> None:
    """Remove this machine's copy of a picture, by its name in the storage."""
    (local_copies() / Path(name).name).unlink(missing_ok=True)


@contextmanager
def synced_together() -> Iterator[None]:
    """Sync what this thread saves within the block at its end, each folder once.

    The block must end before the rows that name the files are committed.
    """
    _waiting.paths = set()
    try:
        yield
        _sync_all(path for path in _waiting.paths if path.exists())  # some were taken back
    finally:
        del _waiting.paths


def _sync_all(paths: Iterable[Path]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(_sync, paths))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
