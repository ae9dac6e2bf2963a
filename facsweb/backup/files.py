"""The files that rows name: in the storage of pictures, or in a folder of the models'."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage

from facsweb.backup.errors import CannotBackUp
from facsweb.backup.manifest import is_local

MEDIA, MODELS = "media/", "models/"
#: The column that names a folder of MODELS_ROOT.
FOLDERS = {"inference.ModelVersion": "folder"}


def member_of(stored: str) -> str:
    """Return a stored file's name in the archive."""
    return MEDIA + stored


def files_of_folder(folder: str) -> list[str]:
    """Return the archive's names of the files of a model's folder."""
    root = settings.MODELS_ROOT / folder
    found = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    names = [path.relative_to(settings.MODELS_ROOT).as_posix() for path in found]
    return [MODELS + name for name in names] or [f"{MODELS}{folder}"]


@contextmanager
def opened(member: str) -> Iterator[tuple[BinaryIO, int]]:
    """Open what a name in the archive stands for; yield it and its size.

    Raises
    ------
    FileNotFoundError
        It isn't there, is a folder, or the name leads out of the storage.
    CannotBackUp
        It is there and can't be read.
    """
    try:
        if member.startswith(MODELS):
            stream = cast(BinaryIO, (settings.MODELS_ROOT / member.removeprefix(MODELS)).open("rb"))
            size = os.fstat(stream.fileno()).st_size
        else:
            file = default_storage.open(member.removeprefix(MEDIA), "rb")
            stream, size = cast(BinaryIO, file), file.size
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation):
        raise FileNotFoundError(member) from None
    except OSError as error:
        raise CannotBackUp(f"{member} can't be read: {error.strerror or error}.") from None
    with stream:
        yield stream, size


def size_of(member: str) -> int:
    """Return a file's bytes; 0 if it isn't there, or only a network could tell."""
    if member.startswith(MODELS):
        path = settings.MODELS_ROOT / member.removeprefix(MODELS)
    elif is_local():
        path = Path(default_storage.path(member.removeprefix(MEDIA)))
    else:
        return 0
    try:
        return path.stat().st_size
    except OSError:
        return 0
