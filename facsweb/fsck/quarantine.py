"""The quarantine: files that no row names are moved there, and never deleted by a check."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.utils import timezone


def folder() -> Path:
    """Return today's folder of the quarantine, made if need be, for its owner only."""
    made: Path = settings.VAR_DIR / "quarantine" / f"{timezone.now():%Y-%m-%d}"
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


def put_away(path: Path, name: str) -> bool:
    """Move a file or a folder of this machine; return whether it was still there.

    Parameters
    ----------
    name
        Its place in the quarantine. What is there already stays, beside it.
    """
    if not path.exists():
        return False
    target = _free(folder() / name)
    shutil.move(path, target)
    return True


def put_stored_away(stored: str) -> bool:
    """Move a file out of the storage of pictures; return whether it was still there."""
    if isinstance(storages["default"], FileSystemStorage):
        return put_away(Path(default_storage.path(stored)), f"media/{stored}")
    if not default_storage.exists(stored):
        return False
    target = _free(folder() / "media" / stored)
    with default_storage.open(stored, "rb") as source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
    default_storage.delete(stored)
    return True


def _free(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = 1
    free = target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}.{number}")
    return free
