"""Restoring a backup: everything beside what is there, then in its place, or nothing at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from facsweb.audit import anchor
from facsweb.audit.services import record
from facsweb.backup import files
from facsweb.backup.archive import Member, members
from facsweb.backup.database_places import Database, PostgresDatabase
from facsweb.backup.errors import BadBackup, CannotRestore
from facsweb.backup.make import Progress
from facsweb.backup.manifest import is_local, key_check
from facsweb.backup.places import Bucket, Folder, Place
from facsweb.backup.rows import lines, load_rows
from facsweb.backup.schema import Table, empty, migrate_to, set_next_ids, tables_of
from facsweb.backup.settling import settle
from facsweb.backup.verify import Seen, Verified, verify
from inference import artefacts

#: Work that was half done goes with the runs that did it.
_LEFT_OVER = ("checkpoints", "transfers")


@dataclass
class Restored:
    """The outcome: what was restored, where the former things are kept, and what else to know."""

    verified: Verified
    kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def restore_backup(
    path: Path,
    progress: Progress,
    *,
    replace: bool = False,
    carry_over: Callable[[], Callable[[], list[str]]] | None = None,
) -> Restored:
    """Restore a verified backup on this machine.

    Parameters
    ----------
    path
        The backup.
    progress
        Told of bytes and rows.
    replace
        Whether a machine that holds something may be restored to; the old is kept beside it.
    carry_over
        Called with the old database; what it returns is called with the new one before it takes
        the place, and returns what is to be told of it.

    Raises
    ------
    BadBackup
        Nothing was written.
    CannotRestore
        The machine holds something, is in use, or has no room; nothing was changed.
    """
    verified = verify(path, progress)
    # A digit more than seconds: two restores a second apart must not share names.
    restoring = _Restoring(path, verified, progress, f"{timezone.now():%Y%m%d_%H%M%S_%f}"[:-4])
    restoring.check(replace)
    after = carry_over() if carry_over and restoring.is_held else None
    try:
        restoring.prepare(after)
        return restoring.swap()
    except (OSError, DatabaseError) as error:
        raise CannotRestore(
            f"The backup couldn't be written ({error}); this machine is as it was."
        ) from None
    finally:
        restoring.discard()


class _Restoring:
    """One restore: its places, and how far it has come."""

    def __init__(self, path: Path, verified: Verified, progress: Progress, stamp: str) -> None:
        self._path, self._verified, self._progress = path, verified, progress
        self._stamp = stamp
        self._database = Database.of_this_machine(stamp)
        self._models = Folder(settings.MODELS_ROOT, stamp)
        self._media = Folder(Path(settings.MEDIA_ROOT), stamp) if is_local() else Bucket()
        self._others = [Folder(settings.VAR_DIR / name, stamp) for name in _LEFT_OVER]
        self._notes: list[str] = []
        self.is_held = False

    @property
    def _places(self) -> list[Place]:
        return [*self._others, self._models, self._media, self._database]

    def check(self, replace: bool) -> None:
        """Refuse a machine that holds something or is in use. Raises CannotRestore."""
        held = [said for place in self._places if (said := place.held())]
        self.is_held = bool(held)
        if isinstance(self._media, Bucket) and self._media.held():
            raise CannotRestore(
                "The bucket isn't empty, and S3 can't set aside what is in it: name an empty one "
                "in S3_BUCKET; the present one stays as it is."
            )
        if held and not replace:
            raise CannotRestore(
                f"This machine isn't empty ({'; '.join(held)}). A restore would replace all of it: "
                "add --replace to do so; what is there now is kept beside it."
            )
        self._database.check_unused()
        self._check_room()

    def _check_room(self) -> None:
        needed = self._verified.manifest.total_bytes
        folder = Path(settings.VAR_DIR)
        while not folder.exists():
            folder = folder.parent
        if (free := shutil.disk_usage(folder).free) < needed:
            raise CannotRestore(
                f"The backup takes {needed / 1e9:.2f} GB and {folder} has {free / 1e9:.2f} GB left."
            )

    def prepare(self, after: Callable[[], list[str]] | None) -> None:
        """Fill the places. Raises BadBackup, CannotRestore."""
        head, manifest = self._verified.head, self._verified.manifest
        with self._database.ready():
            self._progress(0, 1, "making the tables")
            migrate_to(head.migrations)
            tables = {table.name: table for table in tables_of(head.migrations)}
            self._check_columns(tables)
            self._unpack(tables)
            set_next_ids(tables.values(), manifest.last_ids)
            self._progress(0, 1, "migrating")
            call_command("migrate", verbosity=0, interactive=False)
            self._notes += settle(head.made_at)
            if after is not None:
                self._notes += after()
        if head.key_check != key_check():
            self._notes.append(
                "SECRET_KEY is another than the backup's machine had, so webhooks sign with other "
                "secrets, and `verify_audit` doubts the seal: name the former one in "
                "SECRET_KEY_FALLBACKS, or restore with it."
            )

    def _check_columns(self, tables: dict[str, Table]) -> None:
        for name, facts in self._verified.manifest.tables.items():
            if name not in tables:
                raise BadBackup(f"It has a table {name}, which its migrations don't make.")
            if facts.columns != tables[name].columns:
                raise BadBackup(f"Its table {name} has other columns than its migrations make.")

    def _unpack(self, tables: dict[str, Table]) -> None:
        """Load the rows and write the files, in one pass over the archive. Raises BadBackup."""
        try:
            self._load(tables)
        except DatabaseError as error:
            raise BadBackup(f"Its rows don't fit together: {error}") from None
        os.sync()  # at once, and not for each of a hundred thousand files

    def _load(self, tables: dict[str, Table]) -> None:
        by_member = {
            facts.member: (tables[name], facts.unpacked)
            for name, facts in self._verified.manifest.tables.items()
        }
        with self._path.open("rb") as stream, _unchecked_keys():
            with transaction.atomic():
                empty(tables.values())
                seen = Seen()
                for member in members(cast(BinaryIO, stream)):
                    self._progress(stream.tell() >> 10, self._verified.size >> 10, "reading (KiB)")
                    if member.name in by_member:
                        table, unpacked = by_member[member.name]
                        load_rows(table, lines(cast(BinaryIO, member), unpacked))
                    elif member.name not in self._verified.unused:
                        self._put(member)
                    seen.add(member.finish())
                if not seen.is_like(self._verified.seen):
                    raise BadBackup("It was changed between its check and its restore.")
            connection.check_constraints()

    def _put(self, member: Member) -> None:
        folder, _, name = member.name.partition("/")
        if f"{folder}/" not in {files.MODELS, files.MEDIA}:
            return  # a list, or the head
        place: Folder | Bucket = self._media
        if f"{folder}/" == files.MODELS:
            place = self._models if artefacts.bucket() is None else place
        if isinstance(place, Folder):
            place.write(name, member.chunks())
            return
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(cast(BinaryIO, member), spool)
            spool.seek(0)
            # Artefacts lie in the bucket under the name that they have in the archive.
            stored = member.name if f"{folder}/" == files.MODELS else name
            place.write(stored, cast(BinaryIO, spool))

    def swap(self) -> Restored:
        """Put everything in its place; if that fails halfway, put all of it back."""
        kept: list[str] = []
        begun: list[Place] = []
        try:
            for place in self._places:
                begun.append(place)
                kept.append(place.swap())
        except BaseException:
            for place in reversed(begun):
                place.swap_back()
            raise
        connections["default"].close()
        self._begin_audit(kept)
        if isinstance(self._database, PostgresDatabase) and not kept[-1]:
            self._database.drop_old()
        return Restored(self._verified, [each for each in kept if each], self._notes)

    def _begin_audit(self, kept: list[str]) -> None:
        """Let go of the end of the former chain, and record the restore in the present one."""
        anchor_file = anchor.path()
        if anchor_file.exists():
            aside = anchor_file.with_name(f"{anchor_file.name}.before-restore-{self._stamp}")
            anchor_file.rename(aside)
        anchor.start_again()
        manifest = self._verified.manifest
        details = {
            "name": self._path.name,
            "of": self._verified.head.made_at.isoformat(),
            "files_sha256": manifest.files_sha256,
            "replaced": any(kept),
        }
        try:
            record("backup.restored", about="backup", details=details)
        except DatabaseError as error:  # all is in its place already
            self._notes.append(f"The audit doesn't hold the restore: {error}.")

    def discard(self) -> None:
        for place in self._places:
            place.discard()


@contextmanager
def _unchecked_keys() -> Iterator[None]:
    """Let rows come in any order: SQLite's references are checked when all are there.

    PostgreSQL's references are made to be checked when the transaction ends.
    """
    connection.disable_constraint_checking()
    try:
        yield
    finally:
        connection.enable_constraint_checking()
