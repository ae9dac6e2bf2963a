"""The archive: a tar of plain files and nothing else, written and read front to back.

Any `tar` can unpack it. It is read by our own few lines, since `tarfile` follows links, believes
any size that a header states, and keeps every header in memory.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from facsweb.backup.errors import BadBackup

BLOCK = 512
_CHUNK = 1 << 20
_LONGEST_NAME = 400
_END = bytes(BLOCK)
_KINDS = {
    tarfile.LNKTYPE: "a link",
    tarfile.SYMTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.DIRTYPE: "a folder",
}


class CutOff(BadBackup):
    """The archive ends before its end."""

    code = "backup_cut_off"


@dataclass(frozen=True)
class Entry:
    """A file in the archive: its name, its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


class ArchiveWriter:
    """Writes members one after the other; `entries` aren't kept, the caller does that."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def add(self, name: str, source: BinaryIO, size: int) -> Entry:
        """Write one file of `size` bytes. Raises OSError, also if the source is shorter."""
        header = tarfile.TarInfo(check_name(name))
        header.size, header.mode = size, 0o600
        self._stream.write(header.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))
        digest, left = hashlib.sha256(), size
        while left:
            chunk = source.read(min(left, _CHUNK))
            if not chunk:
                raise OSError(f"{name} became shorter while it was read.")
            digest.update(chunk)
            self._stream.write(chunk)
            left -= len(chunk)
        self._stream.write(bytes(-size % BLOCK))
        return Entry(name, size, digest.hexdigest())

    def close(self) -> None:
        """Write the end mark; without it the archive is cut off."""
        self._stream.write(_END * 2)


class Member:
    """A file that the reader has come to. It must be read, or skipped, before the next."""

    def __init__(self, name: str, size: int, stream: BinaryIO) -> None:
        self.name, self.size = name, size
        self._stream, self._left = stream, size
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, all that is left if negative. Raises CutOff."""
        wanted = self._left if size < 0 else min(size, self._left)
        if not wanted:
            return b""
        data = _exactly(self._stream, wanted)
        self._left -= wanted
        self._digest.update(data)
        return data

    def chunks(self) -> Iterator[bytes]:
        """Yield what is left, a piece at a time."""
        while chunk := self.read(_CHUNK):
            yield chunk

    def finish(self) -> Entry:
        """Read to the end and return what the file was."""
        for _ in self.chunks():
            pass
        return Entry(self.name, self.size, self._digest.hexdigest())


def members(stream: BinaryIO) -> Iterator[Member]:
    """Yield the archive's files in their order; each is finished before the next is yielded.

    Raises
    ------
    BadBackup
        It isn't a tar, is cut off, or holds something else than plain files under plain names.
    """
    while (block := _exactly(stream, BLOCK)) != _END:
        header, name = _header(block), None
        if header.type == tarfile.GNUTYPE_LONGNAME:
            name = _long_name(stream, header.size)
            header = _header(_exactly(stream, BLOCK))
        name = header.name if name is None else name
        if header.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
            kind = _KINDS.get(header.type, f"an entry of type {header.type!r}")
            raise BadBackup(f"It holds {name!r}, {kind}; a backup holds plain files only.")
        member = Member(check_name(name), header.size, stream)
        yield member
        member.finish()
        _exactly(stream, -header.size % BLOCK)
    _check_end(stream)


def check_name(name: str) -> str:
    """Return the name if it stays within the folder it is put in. Raises BadBackup."""
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and len(name) <= _LONGEST_NAME
    if not plain or PurePosixPath(name).is_absolute() or {"", ".", ".."} & set(parts):
        raise BadBackup(f"It holds {name[:100]!r}, a name that leads out of its folder.")
    if any(part.startswith(".") for part in parts):
        raise BadBackup(f"It holds {name[:100]!r}, a hidden file, as no backup does.")
    return name


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError):
        raise BadBackup("It isn't a backup of facsweb, or was damaged: no tar header.") from None
    if header.size < 0:
        raise BadBackup(f"It holds {header.name!r} with a negative size.")
    return header


def _long_name(stream: BinaryIO, size: int) -> str:
    if not 0 < size <= 4 * _LONGEST_NAME + 1:
        raise BadBackup(f"It holds a name of {size:,} bytes.")
    raw = _exactly(stream, size)
    _exactly(stream, -size % BLOCK)
    try:
        return raw.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        raise BadBackup("It holds a name that isn't UTF-8.") from None


def _check_end(stream: BinaryIO) -> None:
    if _exactly(stream, BLOCK) != _END:
        raise BadBackup("It goes on after its end mark.")
    while chunk := stream.read(_CHUNK):
        if chunk.strip(b"\0"):
            raise BadBackup("It goes on after its end mark.")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = b"".join(_pieces(stream, size))
    if len(data) < size:
        raise CutOff("It is cut off: copy it again, or take an older one.")
    return data


def _pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Read in pieces, so that a size that a header invents takes no memory."""
    while size > 0 and (piece := stream.read(min(size, _CHUNK))):
        size -= len(piece)
        yield piece
