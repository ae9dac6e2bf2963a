"""This machine's disk after withdrawals that another machine's worker carried out."""

from __future__ import annotations

import contextlib
from pathlib import Path

from django.conf import settings

from annotations.tombstones import watermark
from annotations.withdrawal.parts import remove_files


def catch_up() -> None:
    """Remove what is left here of subjects who withdrew since this machine last looked.

    Workers keep features, copies of pictures and copies of models on their own machine's disk. The
    worker that carries a withdrawal out reaches its own machine, the database and the storage that
    all share; each other machine does this before its next job.
    """
    withdrawn = watermark()
    if withdrawn == _known():
        return
    remove_files()
    remember(withdrawn)


def remember(withdrawn: int) -> None:
    """Write down that nothing is left here of whoever had withdrawn by a `watermark`."""
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(str(withdrawn), encoding="ascii")
    partial.replace(path)


def _known() -> int:
    """Return the `watermark` of the last look; 0 before the first."""
    with contextlib.suppress(OSError, ValueError):
        return int(_file().read_text(encoding="ascii"))
    return 0


def _file() -> Path:
    return Path(settings.VAR_DIR) / "withdrawals-known"
