"""Files that share the fate of the rows that name them.

A database takes its rows back when a transaction fails, but a storage keeps its files; so code
that writes both does it here.
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
    """Run a transaction, or a savepoint within one; remove what `store` wrote in it if it fails.

    Blocks nest as transactions do: if an outer one fails, files of a successful inner one go too.
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
    """Write a row's file. The caller must be within `files_with_rows` and save the row there."""
    file.save(name, ContentFile(data), save=False)
    _open.files.append((file.storage, file.name))


def remove_after_commit(file: FieldFile) -> None:
    """Delete the file that the row names now, once the transaction that drops it is committed."""
    if file.name:
        transaction.on_commit(partial(file.storage.delete, file.name))
