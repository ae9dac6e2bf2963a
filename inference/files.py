"""Local copies of faces' files for workers, whatever the storage."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from annotations.models import Face


def local_file(face: Face) -> Path:
    """Return a face's file on this machine's disk; copy it once from a remote storage."""
    try:
        return Path(face.file.path)
    except NotImplementedError:  # S3 has no paths
        pass
    folder = settings.VAR_DIR / "faces"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = folder / Path(face.file.name).name
    if not copy.exists():
        partial = copy.with_suffix(".part")
        with face.file.open("rb") as remote:
            partial.write_bytes(remote.read())
        partial.rename(copy)
    return copy
