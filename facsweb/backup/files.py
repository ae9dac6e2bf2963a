"""The files that rows name: in the storage of pictures, or in a folder of the models'."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, Storage, default_storage

from facsweb.backup.errors import CannotBackUp
from inference import artefacts

MEDIA, MODELS = "media/", "models/"
#: The column that names a folder of MODELS_ROOT.
FOLDERS = {"inference.ModelVersion": "folder"}


def member_of(stored: str) -> str:
    """Return a stored file's name in the archive."""
    return MEDIA + stored


def files_of_folder(folder: str) -> list[str]:
    """Return the archive's names of the files of a model's folder."""
    root = f"{MODELS}{folder}"
    return [f"{root}/{name}" for name in artefacts.files_of(folder)] or [root]


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
        file = _storage_of(member).open(_name_in_storage(member), "rb")
        stream, size = cast(BinaryIO, file), file.size
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation):
        raise FileNotFoundError(member) from None
    except OSError as error:
        raise CannotBackUp(f"{member} can't be read: {error.strerror or error}.") from None
    with stream:
        yield stream, size


def size_of(member: str) -> int:
    """Return a file's bytes; 0 if it isn't there, or only a network could tell."""
    stored = _storage_of(member)
    if not isinstance(stored, FileSystemStorage):
        return 0
    try:
        return stored.size(_name_in_storage(member))
    except OSError:
        return 0


def _storage_of(member: str) -> Storage:
    if not member.startswith(MODELS):
        return default_storage
    folder = member.split("/")[1]
    shared = artefacts.bucket() if artefacts.is_shared(folder) else None
    return shared or FileSystemStorage(settings.MODELS_ROOT)


def _name_in_storage(member: str) -> str:
    return member.partition("/")[2]
