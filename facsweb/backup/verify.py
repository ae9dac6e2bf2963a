"""Verifying a backup from its first byte to its last, before anything is done with it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from facsweb.backup.archive import Entry, Member, members
from facsweb.backup.errors import BadBackup
from facsweb.backup.make import Progress
from facsweb.backup.manifest import FILES, HEAD, MANIFEST, Head, Manifest, TableFacts
from facsweb.backup.rows import lines
from facsweb.backup.schema import check_known

#: A head or a manifest of more bytes than this is nobody's.
_LONGEST_STATEMENT = 64 << 20
#: Rows of ours pack to a quarter; what packs to a part as small as this is made to fill a disk.
_MOST_PACKED = 300


class Seen:
    """The digest of all that was read: two readings of the same file have the same."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, entry: Entry) -> None:
        self._digest.update(f"{entry.name}\0{entry.size}\0{entry.sha256}\n".encode())

    def is_like(self, other: Seen) -> bool:
        return self._digest.digest() == other._digest.digest()


@dataclass(frozen=True)
class Verified:
    """A backup that is whole.

    Attributes
    ----------
    size
        Its bytes.
    unused
        Files in it that its rows don't name any more: they were deleted while it was made.
    seen
        All of it, as one digest.
    """

    head: Head
    manifest: Manifest
    size: int
    unused: frozenset[str]
    seen: Seen


def verify(path: Path, progress: Progress) -> Verified:
    """Read a whole backup and compare each file with its digest, each table with its count.

    Nothing is written but to a temporary file of this process. Digests tell of damage, not of
    somebody who changed file and digest alike: keep backups where only you can write.

    Raises
    ------
    BadBackup
        It is cut off, damaged, was changed, or isn't a backup.
    NewerBackup
        This facsweb is too old for it.
    """
    size = _size(path)
    with path.open("rb") as stream, tempfile.TemporaryFile() as found:
        reader = _Reader(cast(BinaryIO, stream), cast("IO[bytes]", found), progress, size)
        reader.read()
    return Verified(reader.head, reader.manifest, size, frozenset(reader.unused), reader.seen)


def _size(path: Path) -> int:
    if not path.is_file():
        raise BadBackup(f"{path} isn't a file.")
    return path.stat().st_size


class _Reader:
    """One reading of an archive; what it finds is compared with the list that comes after."""

    head: Head
    manifest: Manifest

    def __init__(self, stream: BinaryIO, found: IO[bytes], progress: Progress, size: int) -> None:
        self._stream, self._found, self._size = stream, found, size
        self._progress = progress
        self._tables: dict[str, tuple[int, int]] = {}
        self.unused: set[str] = set()
        self.seen = Seen()

    def read(self) -> None:
        archive = members(self._stream)
        self._read_head(next(archive, None))
        entries, total = 1, self._head_size
        for member in archive:
            self._progress(self._stream.tell() >> 10, self._size >> 10, "checking (KiB)")
            if member.name == FILES:
                break
            entry = self._entry(member)
            self._note(entry)
            entries, total = entries + 1, total + entry.size
        else:
            raise BadBackup(f"It holds no {FILES}, the list of its files.")
        listing = self._compare(member)
        self._read_manifest(next(archive, None))
        if next(archive, None) is not None:
            raise BadBackup(f"It holds a file after its {MANIFEST}, which names none such.")
        stated = self.manifest
        if (stated.files, stated.total_bytes) != (entries, total) or (
            stated.files_sha256 != listing.sha256 or stated.head_sha256 != self._head_sha256
        ):
            raise BadBackup(f"{MANIFEST} is of another backup than {FILES} and {HEAD}.")
        self._check_tables(stated.tables)

    def _read_head(self, member: Member | None) -> None:
        if member is None or member.name != HEAD:
            raise BadBackup(f"It isn't a backup of facsweb: it doesn't begin with {HEAD}.")
        data = _statement(member)
        self.head = Head.from_bytes(data)
        check_known(self.head.migrations)
        entry = self._finish(member)
        self._head_size, self._head_sha256 = entry.size, entry.sha256
        self._note(entry)

    def _read_manifest(self, member: Member | None) -> None:
        if member is None or member.name != MANIFEST:
            raise BadBackup(f"It holds no {MANIFEST}.")
        self.manifest = Manifest.from_bytes(_statement(member))
        self._finish(member)

    def _entry(self, member: Member) -> Entry:
        """Read a file; of a table's, count the rows that it unpacks to."""
        if member.name.startswith("database/"):
            self._tables[member.name] = _counted(member)
        return self._finish(member)

    def _finish(self, member: Member) -> Entry:
        entry = member.finish()
        self.seen.add(entry)
        return entry

    def _note(self, entry: Entry) -> None:
        self._found.write(json.dumps(asdict(entry)).encode() + b"\n")

    def _compare(self, member: Member) -> Entry:
        """Compare the files that were found with those that are listed, in their order."""
        self._found.seek(0)
        found = map(_entry_of, self._found)
        for line in _lines(member):
            listed, here = _entry_of(line), next(found, None)
            if not json.loads(line).get("used", True):
                self.unused.add(listed.name)
            if here is None:
                raise BadBackup(f"It lacks {listed.name}, which {FILES} names.")
            if here.name != listed.name:
                raise BadBackup(f"It holds {here.name!r} where {FILES} names {listed.name!r}.")
            if here.size != listed.size:
                raise BadBackup(
                    f"{here.name} has {here.size:,} bytes, and {FILES} says {listed.size:,}."
                )
            if here != listed:
                raise BadBackup(f"{here.name} doesn't match its checksum: it was damaged.")
        if (here := next(found, None)) is not None:
            raise BadBackup(f"It holds {here.name!r}, which {FILES} doesn't name.")
        return self._finish(member)

    def _check_tables(self, tables: dict[str, TableFacts]) -> None:
        for name, facts in tables.items():
            if (found := self._tables.get(facts.member)) is None:
                raise BadBackup(f"It lacks {facts.member}, the rows of {name}.")
            if found != (facts.rows, facts.unpacked):
                raise BadBackup(
                    f"{facts.member} holds {found[0]:,} rows in {found[1]:,} bytes, and {MANIFEST} "
                    f"says {facts.rows:,} in {facts.unpacked:,}."
                )


def _counted(member: Member) -> tuple[int, int]:
    """Return the rows of a table's file and their bytes, which are never kept in memory."""
    rows = unpacked = 0
    try:
        for line in lines(cast(BinaryIO, member), most_bytes=_MOST_PACKED * (member.size + 1000)):
            rows, unpacked = rows + 1, unpacked + len(line)
    except BadBackup as error:
        raise BadBackup(f"{member.name} {error}") from None
    return rows, unpacked


def _statement(member: Member) -> bytes:
    if member.size > _LONGEST_STATEMENT:
        raise BadBackup(f"Its {member.name} has {member.size:,} bytes, more than any backup's.")
    return member.read()


def _lines(member: Member) -> Iterator[bytes]:
    rest = b""
    for chunk in member.chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > _LONGEST_STATEMENT:
            break
    if rest:
        raise BadBackup(f"{FILES} ends in the middle of a line.")


def _entry_of(line: bytes) -> Entry:
    try:
        stated: dict[str, Any] = json.loads(line)
        return Entry(*(stated[name] for name in ("name", "size", "sha256")))
    except (ValueError, TypeError, KeyError):
        raise BadBackup(f"{FILES} is malformed.") from None
