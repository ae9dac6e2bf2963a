"""Files that share the fate of the rows that name them.

A database takes its rows back when a transaction fails, but a storage keeps its files; so code
that writes both does it here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.fields.files import FieldFile

_open = threading.local()
Mark = tuple[int, int] | None


@dataclass(frozen=True)
class Written:
    """A file that a transaction wrote; `mark` tells it from another of that name.

    A worker that was stopped within a transaction may be woken when its file was long removed as
    nobody's, and another worker has stored the same picture under the same name.
    """

    storage: Storage
    name: str
    mark: Mark

    def remove(self) -> None:
        if _mark(self.storage, self.name) == self.mark:
            self.storage.delete(self.name)


def _mark(storage: Storage, name: str) -> Mark:
    """Return what no other file shares, on a disk; None elsewhere, where names aren't reused."""
    try:
        found = Path(storage.path(name)).stat()
    except (NotImplementedError, FileNotFoundError):
        return None
    return found.st_ino, found.st_mtime_ns


@contextmanager
def files_with_rows() -> Iterator[None]:
    """Run a transaction, or a savepoint within one; remove what `store` wrote in it if it fails.

    Blocks nest as transactions do: if an outer one fails, files of a successful inner one go too.
    """
    outer: list[Written] | None = getattr(_open, "files", None)
    written: list[Written] = []
    _open.files = written
    try:
        with transaction.atomic():
            yield
    except BaseException:
        for file in written:
            file.remove()
        raise
    else:
        if outer is not None:
            outer.extend(written)
    finally:
        _open.files = outer


def store(file: FieldFile, name: str, data: bytes) -> None:
    """Write a row's file. The caller must be within `files_with_rows` and save the row there."""
    file.save(name, ContentFile(data), save=False)
    _open.files.append(Written(file.storage, str(file.name), _mark(file.storage, str(file.name))))


def remove_after_commit(file: FieldFile) -> None:
    """Delete the file that the row names now, once the transaction that drops it is committed."""
    if file.name:
        transaction.on_commit(partial(file.storage.delete, file.name))
