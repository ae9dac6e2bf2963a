"""Disks that are full or can't be written to, told before somebody's work fails by it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

#: With less room than this an import, an export or a training may fail.
LITTLE_BYTES = 500 * 1024**2


def disk_troubles() -> list[str]:
    """Return a sentence for each folder that is full, nearly so, or read-only.

    No path is told: who can mend it knows what the settings say.
    """
    told = []
    if _can_only_be_read(connection):
        told.append("The database (DATABASE_URL) can’t be written to: see who may write its file.")
    for name, folder in _folders().items():
        there = _nearest(folder)
        if not os.access(there, os.W_OK):
            told.append(f"{name} can’t be written to: what is asked for fails until it can.")
            continue
        free = shutil.disk_usage(there).free
        if free < LITTLE_BYTES:
            told.append(
                f"{name} has {free / 1024**2:.0f} MB left. Delete old exports on the page Data, or "
                "give it more room."
            )
    return told


def _folders() -> dict[str, Path]:
    """Map what a setting is for to the folder that it names."""
    folders = {
        "The disk of pictures, imports and exports (MEDIA_ROOT)": Path(settings.MEDIA_ROOT),
        "The disk of models (MODELS_ROOT)": Path(settings.MODELS_ROOT),
        "The disk of features and checkpoints (VAR_DIR)": Path(settings.VAR_DIR),
    }
    if file := _file_of(connection):
        folders["The disk of the database (DATABASE_URL)"] = file.parent
    return folders


def database_is_read_only() -> bool:
    """Tell whether nothing can be written to the database, though it may be read.

    It asks PostgreSQL; of SQLite's it asks what the file system allows. Raises DatabaseError.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            return bool(cursor.fetchone()[0] == "on")
    return _can_only_be_read(connection)


def keep_no_reader(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let go of a connection with this request that was opened while SQLite could only read.

    SQLite opens such a file for reading, and would refuse to write by that connection even when
    the file can be written to again.
    """
    if _can_only_be_read(connection):
        connection.close_at = time.monotonic()


def _can_only_be_read(asked: BaseDatabaseWrapper) -> bool:
    file = _file_of(asked)
    if file is None or not file.exists():
        return False
    # Beside it SQLite makes the log, or writes on in it.
    parts = [file, file.parent, file.with_name(f"{file.name}-wal")]
    return not all(os.access(part, os.W_OK) for part in parts if part.exists())


def _file_of(asked: BaseDatabaseWrapper) -> Path | None:
    """Return SQLite's file; None where there is none, or only in memory."""
    if asked.vendor != "sqlite":
        return None
    path = Path(str(asked.settings_dict["NAME"]))
    return path if path.is_absolute() else None


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it that there is."""
    return next(each for each in (folder, *folder.parents) if each.exists())
