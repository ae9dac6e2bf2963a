"""Files that go the way of the rows that name them.

A database takes its rows back when a transaction fails, a storage keeps its files; so whoever
writes both does it here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.fields.files import FieldFile

_open = threading.local()


@contextmanager
def files_with_rows() -> Iterator[None]:
    """A transaction, or a savepoint within one: what `store` wrote in it is removed if it fails.

    Blocks nest as transactions do: files of an inner one that succeeded go with the outer one.
    """
    outer: list[tuple[Storage, str]] | None = getattr(_open, "files", None)
    written: list[tuple[Storage, str]] = []
    _open.files = written
    try:
        with transaction.atomic():
            yield
    except BaseException:
        for storage, name in written:
            storage.delete(name)
        raise
    else:
        if outer is not None:
            outer.extend(written)
    finally:
        _open.files = outer


def store(file: FieldFile, name: str, data: bytes) -> None:
    """Write a row's file. The caller is within `files_with_rows` and saves the row there."""
    file.save(name, ContentFile(data), save=False)
    _open.files.append((file.storage, file.name))


def remove_after_commit(file: FieldFile) -> None:
    """Delete what the row names now, once the transaction in which it no longer does is kept."""
    if file.name:
        transaction.on_commit(partial(file.storage.delete, file.name))
