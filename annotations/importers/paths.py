"""Paths that a label file names: never outside the folder of the data set."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from annotations.importers.rows import Refused

#: Subject, sequence and frame, as CK+ names its files.
FRAME_NAME = re.compile(r"\A(?P<subject>S\d{3})_(?P<sequence>\d{3})_(?P<frame>\d{8})\Z")
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg"}
_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*:")  # https:, file:, and C: too


def image_path(written: str, root: Path) -> Path:
    """The file that `written` names within `root`. Raises Refused; the file need not exist."""
    name = written.strip().replace("\\", "/")
    if not name:
        raise Refused("filepath", "The file path is empty.")
    if not name.isprintable():
        raise Refused("filepath", "The file path holds a NUL or another control character.")
    if _SCHEME.match(name):
        raise Refused("filepath", "A URL or a drive letter is not a path within the folder.")
    if ".." in name.split("/"):
        raise Refused("filepath", "The path leaves the folder of the images ('..').")
    try:
        path = (root / name).resolve()
        path.is_file()
    except (OSError, RuntimeError):  # a name too long, a loop of symbolic links
        raise Refused("filepath", "The path cannot be followed.") from None
    # Resolved first: a symbolic link may lead out as well.
    if not path.is_relative_to(root.resolve()):
        raise Refused("filepath", "The path lies outside the folder of the images.")
    return path


def files_below(folder: Path) -> Iterator[Path]:
    """All files, in a fixed order, without what macOS leaves (.DS_Store, ._*, __MACOSX)."""
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(filter(_is_data, folders))
        for name in sorted(filter(_is_data, files)):
            path = Path(where, name)
            if path.is_file():  # neither a pipe nor a link that leads nowhere
                yield path


def _is_data(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def images_below(folder: Path) -> Iterator[Path]:
    return (path for path in files_below(folder) if path.suffix.lower() in IMAGE_SUFFIXES)
