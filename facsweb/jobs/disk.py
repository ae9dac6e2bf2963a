"""Disks that are full or can't be written to, told before somebody's work fails by it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection

#: With less room than this an import, an export or a training may fail.
LITTLE_BYTES = 500 * 1024**2


def disk_troubles() -> list[str]:
    """Return a sentence for each folder that is full, nearly so, or read-only.

    No path is told: who can mend it knows what the settings say.
    """
    told = []
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
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        if path.is_absolute():
            folders["The disk of the database (DATABASE_URL)"] = path.parent
    return folders


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it that there is."""
    return next(each for each in (folder, *folder.parents) if each.exists())
