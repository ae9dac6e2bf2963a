"""Paths that a label file names: never outside the folder of the data set."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from annotations.formats.rows import Refused

#: Subject, sequence and frame, as CK+ names its files.
FRAME_NAME = re.compile(r"\A(?P<subject>S\d{3})_(?P<sequence>\d{3})_(?P<frame>\d{8})\Z")
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg"}
_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*:")  # https:, file:, and C: too


def image_path(written: str, root: Path) -> Path:
    """Return the file that `written` names within `root`.

    Where there is none of that very name, it is the one that looks so, if there is but one.

    Parameters
    ----------
    written
        A relative path with slashes or backslashes.
    root
        The folder that it may not leave, not even by symbolic links.

    Returns
    -------
    Path
        Resolved; the file need not exist.

    Raises
    ------
    Refused
        The path is empty, a URL, leaves `root`, can't be followed, or looks like two files.
    """
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
        if not path.is_file():
            path = (_looks_like(name, root) or path).resolve()
    except (OSError, RuntimeError):  # a name too long, a loop of symbolic links
        raise Refused("filepath", "The path cannot be followed.") from None
    # Resolved first: a symbolic link may lead out as well.
    if not path.is_relative_to(root.resolve()):
        raise Refused("filepath", "The path lies outside the folder of the images.")
    return path


def alike(name: str) -> str:
    """Return what a name looks like: without case, `%20`, or how its accents are put together.

    >>> alike("A%20b.PNG") == alike("a b.png")
    True
    """
    return unicodedata.normalize("NFC", unquote(name)).casefold()


def _looks_like(name: str, root: Path) -> Path | None:
    """Find the one file below `root` whose path looks like `name`. Raises Refused if two do."""
    found = [root]
    for part in name.split("/"):
        if part not in {"", "."}:
            found = [
                folder / other
                for folder in found
                if folder.is_dir()
                for other in _names_alike(str(folder), folder.stat().st_mtime_ns).get(
                    alike(part), ()
                )
            ]
    found = [path for path in found if path.is_file()]
    if len(found) > 1:
        spelled = " and ".join(repr(str(path.relative_to(root))[:80]) for path in found[:3])
        message = f"there is no {name[:80]!r}, but {spelled}; which is meant?"
        raise Refused("filepath", f"Missing image: {message}")
    return found[0] if found else None


@lru_cache(maxsize=4)
def _names_alike(folder: str, changed: int) -> dict[str, list[str]]:
    """Map looks to a folder's names; a new `changed` (its mtime) makes it be read again."""
    names: dict[str, list[str]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            names.setdefault(alike(entry.name), []).append(entry.name)
    return {look: sorted(several) for look, several in names.items()}


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files in a folder and those below it.

    Parameters
    ----------
    folder
        The folder.

    Yields
    ------
    Path
        In a fixed order, without hidden files and what macOS leaves (.DS_Store, ._*, __MACOSX).
    """
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(filter(_is_data, folders))
        for name in sorted(filter(_is_data, files)):
            path = Path(where, name)
            if path.is_file():  # neither a pipe nor a link that leads nowhere
                yield path


def _is_data(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def images_below(folder: Path) -> Iterator[Path]:
    """Yield those of `files_below` that are pictures by their names."""
    return filter(is_picture, files_below(folder))


def is_picture(path: Path) -> bool:
    """Tell whether a file is a picture, by its name alone."""
    return path.suffix.lower() in IMAGE_SUFFIXES
