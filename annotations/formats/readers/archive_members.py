"""The members of a zip or a tar, which is known by its content, one after the other."""

from __future__ import annotations

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from annotations.formats.rows import UnreadableSource

DAMAGED = (
    OSError, EOFError, ValueError, LookupError, ArithmeticError, RuntimeError, NotImplementedError,
    struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError,
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A file or a folder in an archive.

    Attributes
    ----------
    name
        As the archive writes it, and not to be trusted.
    size
        Bytes, as the archive says; no more are ever read.
    oddity
        What it is, if it is neither a file nor a folder; else "".
    open
        Opens the member's bytes while `members_of` keeps the archive open; None where it has none.
    """

    name: str
    is_folder: bool
    size: int
    #: What it is, if it is neither a file nor a folder.
    oddity: str
    is_encrypted: bool
    open: Callable[[], IO[bytes] | None]


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip or a tar, by its content."""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except DAMAGED:
        return False


def members_of(archive: Path) -> Iterator[Member]:
    """Yield every member of an archive, not opened.

    Parameters
    ----------
    archive
        A zip or a tar, compressed or not.

    Yields
    ------
    Member
        In the archive's order.

    Raises
    ------
    UnreadableSource
        The file is neither. Where it is damaged, one of `DAMAGED` is raised.
    """
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
    elif tarfile.is_tarfile(archive):
        yield from _tar_members(archive)
    else:
        raise UnreadableSource("The file is neither a zip nor a tar archive.")


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16
            oddity = ""
            if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
                oddity = "a link or a device"
            name, locked = info.orig_filename, bool(info.flag_bits & 0x1)
            opened = partial(archive.open, info)
            yield Member(name, name.endswith("/"), info.file_size, oddity, locked, opened)


def _tar_members(path: Path) -> Iterator[Member]:
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            oddity = "" if info.isreg() or info.isdir() else "a link or a device"
            opened = partial(archive.extractfile, info)
            yield Member(info.name, info.isdir(), info.size, oddity, False, opened)
            archive.members = []  # type: ignore[attr-defined]  # else it keeps every one
