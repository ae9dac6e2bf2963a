"""Making a backup: the rows as of one moment, then the files that they name."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.db import DatabaseError
from django.utils import timezone

from facsweb.audit.services import record
from facsweb.backup import files
from facsweb.backup.archive import ArchiveWriter, Entry
from facsweb.backup.databases import snapshot
from facsweb.backup.errors import CannotBackUp
from facsweb.backup.manifest import (
    FILES,
    HEAD,
    MANIFEST,
    NOT_KEPT,
    Head,
    Manifest,
    TableFacts,
)
from facsweb.backup.rows import write_rows
from facsweb.backup.schema import Table, applied_migrations, next_ids, tables_of

logger = logging.getLogger(__name__)

#: Called with how much is done, how much there is, and of what.
Progress = Callable[[int, int, str], None]
#: Rows are read again if files went meanwhile, so that none names a file that the backup lacks.
_MOST_READINGS = 5
_MISSING_TOLD = 1000


@dataclass(frozen=True)
class Made:
    """A backup that was made: where, and what it holds."""

    path: Path
    size: int
    head: Head
    manifest: Manifest

    @property
    def facts(self) -> dict[str, str]:
        """The time and the digest by which the audit knows it."""
        return {"of": self.head.made_at.isoformat(), "files_sha256": self.manifest.files_sha256}


@dataclass
class _Reading:
    """One reading of the whole database: its tables, and the archive's names of their files."""

    tables: dict[str, TableFacts] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)  # in the order of the rows
    last_ids: dict[str, int] = field(default_factory=dict)


def make_backup(target: Path, progress: Progress) -> Made:
    """Write a backup of this machine, whole or not at all.

    Whatever was committed before the call is in it. Writers aren't kept waiting. The file can be
    read by its owner only.

    Parameters
    ----------
    target
        The file, which mustn't exist; or a folder, which gets one named by the time.
    progress
        Told of rows, then of bytes.

    Raises
    ------
    CannotBackUp
        There is no room, the target exists, or the database is of another version.
    """
    if target.is_dir():
        target /= f"facsweb-{timezone.now():%Y%m%d-%H%M%S}.tar"
    if not target.parent.is_dir():
        raise CannotBackUp(f"There is no folder {target.parent} to write the backup to.")
    with _partial(target) as stream:
        backup = _Backup(stream, target.parent, progress)
        backup.write()
    made = Made(target, target.stat().st_size, backup.head, backup.manifest)
    _record(made)
    return made


def _record(made: Made) -> None:
    details = {"name": made.path.name, "bytes": made.size, "files": made.manifest.files}
    try:
        record("backup.made", about="backup", details=details | made.facts)
    except DatabaseError as error:  # a database that can only be read can still be backed up
        logger.warning("The audit doesn't hold the backup that was made: %s", error)


@contextmanager
def _partial(target: Path) -> Iterator[BinaryIO]:
    """Write beside the target; give the file its name when it is whole and on the disk."""
    if target.exists():
        raise CannotBackUp(
            f"{target} exists, and a backup overwrites nothing: choose another name."
        )
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            raise CannotBackUp(f"{target} came to be while the backup was made; it stays.")
        partial.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise CannotBackUp(
            f"{target} can't be written: {error.strerror or error}. Nothing of it is left."
        ) from None
    except DatabaseError as error:
        raise CannotBackUp(f"The database can't be read ({error}). Nothing is left.") from None
    finally:
        partial.unlink(missing_ok=True)


class _Backup:
    """The writing of one archive."""

    head: Head
    manifest: Manifest

    def __init__(self, stream: BinaryIO, folder: Path, progress: Progress) -> None:
        self._archive = ArchiveWriter(stream)
        self._folder, self._progress = folder, progress
        self._migrations = applied_migrations()
        if not self._migrations:
            raise CannotBackUp("The database has no tables: there is nothing to back up.")
        self._bytes = self._entries = 0
        self._copied: set[str] = set()

    def write(self) -> None:
        self.head = Head.of_this_machine(self._migrations)
        with tempfile.TemporaryFile(dir=self._folder) as listed:
            self._listed = listed
            head = self._add_bytes(HEAD, self.head.to_bytes())
            reading, missing, deleted = self._read_and_copy()
            listing = self._add_listing(reading)
            self.manifest = Manifest(
                head.sha256,
                listing.sha256,
                self._entries,
                self._bytes,
                reading.tables,
                reading.last_ids,
                missing[:_MISSING_TOLD],
                deleted,
            )
        data = self.manifest.to_bytes()
        self._archive.add(MANIFEST, BytesIO(data), len(data))
        self._archive.close()

    def _read_and_copy(self) -> tuple[_Reading, list[str], int]:
        """Read rows and copy their files, again until no row names a file that went meanwhile."""
        gone: set[str] = set()
        for number in range(1, _MOST_READINGS + 1):
            reading = self._read(number)
            if gone.issuperset(lost := self._copy(reading.files, gone)):
                break
            gone |= lost
        missing = [name for name in reading.files if name not in self._copied]
        return reading, missing, len(gone - set(reading.files))

    def _read(self, number: int) -> _Reading:
        """Write every table as of one moment."""
        reading = _Reading()
        with snapshot():
            if applied_migrations() != self._migrations:
                raise CannotBackUp("The database was migrated meanwhile; make the backup again.")
            kept = [each for each in tables_of(self._migrations) if each.label not in NOT_KEPT]
            counts = [each.model._base_manager.count() for each in kept]
            done = 0
            for table, count in zip(kept, counts, strict=True):
                self._progress(done, sum(counts), "rows")
                self._write_table(table, f"database/{number}/{table.name}.jsonl.gz", reading)
                done += count
            reading.last_ids = next_ids(kept)
        return reading

    def _write_table(self, table: Table, member: str, reading: _Reading) -> None:
        places = table.file_columns
        folder = files.FOLDERS.get(table.label)
        folder_place = table.columns.index(folder) if folder else None

        def seen(row: Sequence[Any]) -> None:
            for place in places:
                if row[place]:
                    reading.files[files.member_of(row[place])] = None
            if folder_place is not None:
                reading.files.update(dict.fromkeys(files.files_of_folder(row[folder_place])))

        with tempfile.TemporaryFile(dir=self._folder) as spool:
            rows, unpacked = write_rows(table, cast(BinaryIO, spool), seen)
            size = spool.tell()
            spool.seek(0)
            self._list(self._archive.add(member, cast(BinaryIO, spool), size))
        reading.tables[table.name] = TableFacts(table.label, member, table.columns, rows, unpacked)

    def _copy(self, names: Iterable[str], gone: set[str]) -> set[str]:
        """Copy the files that weren't copied yet; return those that aren't there."""
        wanted = [name for name in names if name not in self._copied]
        sizes = [files.size_of(name) for name in wanted]
        self._check_room(sum(sizes))
        lost: set[str] = set()
        done = 0
        for name, size in zip(wanted, sizes, strict=True):
            self._progress(done >> 10, max(sum(sizes) >> 10, 1), "files (KiB)")
            try:
                with files.opened(name) as (source, length):
                    self._list(self._archive.add(name, source, length))
                self._copied.add(name)
            except FileNotFoundError:
                lost.add(name)
            done += size
        return lost

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise CannotBackUp(
                f"The files take {needed / 1e9:.2f} GB and {self._folder} has {free / 1e9:.2f} GB "
                "left: make room, or write to another disk. Nothing of it is left."
            )

    def _add_bytes(self, name: str, data: bytes) -> Entry:
        entry = self._archive.add(name, BytesIO(data), len(data))
        self._list(entry)
        return entry

    def _list(self, entry: Entry) -> None:
        self._entries += 1
        self._bytes += entry.size
        self._listed.write(json.dumps(asdict(entry)).encode() + b"\n")

    def _add_listing(self, reading: _Reading) -> Entry:
        """Add the list of all files; those of earlier readings only are marked as not in use."""
        used = {HEAD, *(facts.member for facts in reading.tables.values()), *reading.files}
        with tempfile.TemporaryFile(dir=self._folder) as whole:
            self._listed.seek(0)
            for line in self._listed:
                entry = json.loads(line)
                stated = entry | {"used": entry["name"] in used}
                whole.write(json.dumps(stated, sort_keys=True).encode() + b"\n")
            size = whole.tell()
            whole.seek(0)
            return self._archive.add(FILES, cast(BinaryIO, whole), size)
