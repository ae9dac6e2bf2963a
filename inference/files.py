"""Local copies of faces' files for workers, whatever the storage."""

from __future__ import annotations

from pathlib import Path

from annotations.faces.storage import local_copies
from annotations.models import Face


def local_file(face: Face) -> Path:
    """Return a face's file on this machine's disk; copy it once from a remote storage."""
    return local_copy(face.file.name)


def local_copy(name: str) -> Path:
    """Return a picture's file on this machine's disk, by its name in the storage of faces."""
    storage = Face.file.field.storage
    try:
        return Path(storage.path(name))
    except NotImplementedError:  # S3 has no paths
        pass
    folder = local_copies()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = folder / Path(name).name
    if not copy.exists():
        partial = copy.with_suffix(".part")
        with storage.open(name, "rb") as remote:
            partial.write_bytes(remote.read())
        partial.rename(copy)
    return copy
