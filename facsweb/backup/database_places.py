"""The databases that a restore fills: each stands ready beside the present one, and is renamed."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.db.utils import DatabaseError, OperationalError

from facsweb.backup.databases import Options, instead
from facsweb.backup.errors import CannotRestore
from facsweb.backup.places import Place

#: Rows that migrations, or a first start, write by themselves: a database is empty with them.
_MADE_BY_ITSELF = {
    "django_migrations", "django_content_type", "django_session", "django_site", "auth_permission",
    "auth_group", "auth_group_permissions", "accounts_browsersession", "accounts_signintries",
    "accounts_passwordlink",
}  # fmt: skip
#: SQLite keeps a database in these files, by what is added to its name.
_PARTS = ("-wal", "-shm", "")


class Database(Place):
    """A database. Within `ready` the connection is to the new one."""

    @staticmethod
    def of_this_machine(stamp: str) -> Database:
        kind = SqliteDatabase if connection.vendor == "sqlite" else PostgresDatabase
        return kind(stamp)

    @abstractmethod
    def ready(self) -> Any:
        """Have this thread's queries go to the new database within the block."""

    @abstractmethod
    def check_unused(self) -> None:
        """Refuse while another process is connected. Raises CannotRestore."""

    def held(self) -> str:
        """Return which tables hold rows, apart from those that every new database has."""
        tables = sorted(set(connection.introspection.table_names()) - _MADE_BY_ITSELF)
        counts = {}
        with connection.cursor() as cursor:
            for table in tables:
                name = connection.ops.quote_name(table)
                cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608 - a quoted name  # nosec B608
                counts[table] = cursor.fetchone()[0]
        filled = [f"{count:,} in {table}" for table, count in counts.items() if count]
        more = f" and {len(filled) - 5} more tables" if len(filled) > 5 else ""
        return f"the database has rows: {', '.join(filled[:5])}{more}" if filled else ""


class SqliteDatabase(Database):
    """A file, with its log beside it."""

    def __init__(self, stamp: str) -> None:
        self.path = Path(connection.settings_dict["NAME"])
        self.new = self.path.with_name(f"{self.path.name}.restoring-{stamp}")
        self.aside = self.path.with_name(f"{self.path.name}.before-restore-{stamp}")
        self._undo: list[Callable[[], object]] = []

    def held(self) -> str:
        if not self.path.exists() or not self.path.stat().st_size:
            return ""  # asking it would make a file
        try:
            return super().held()
        except DatabaseError as error:
            return f"{self.path} can't be read as a database ({error})"

    @contextmanager
    def ready(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.new, os.O_CREAT | os.O_EXCL, 0o600))
        with instead(self._to_new):
            yield
            with connection.cursor() as cursor:
                # All in one file before it is renamed: a log left behind would be lost.
                cursor.execute("PRAGMA journal_mode=DELETE")

    def _to_new(self, settings: Options) -> None:
        settings["NAME"] = str(self.new)
        # Nobody else writes it, and until it is in place a power cut leaves the old one.
        settings["OPTIONS"] = {"init_command": "PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"}

    def check_unused(self) -> None:
        connections["default"].close()
        if not self.path.exists():
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout=2000")
                # Only who is alone may leave the mode of the log, which merges it, too.
                cursor.execute("PRAGMA journal_mode=DELETE")
        except OperationalError:
            raise CannotRestore(
                f"{self.path} is in use: stop the server and the workers, then restore."
            ) from None
        except DatabaseError:
            return  # it isn't a database: it is kept as it is
        finally:
            connections["default"].close()

    def swap(self) -> str:
        with self.new.open("rb") as stream:
            os.fsync(stream.fileno())
        kept = False
        for part in _PARTS:
            path = Path(f"{self.path}{part}")
            if path.exists():
                kept = True
                self._move(path, Path(f"{self.aside}{part}"))
        self._move(self.new, self.path)
        return str(self.aside) if kept else ""

    def swap_back(self) -> None:
        while self._undo:
            self._undo.pop()()

    def discard(self) -> None:
        for part in (*_PARTS, "-journal"):
            Path(f"{self.new}{part}").unlink(missing_ok=True)

    def _move(self, source: Path, target: Path) -> None:
        source.rename(target)
        self._undo.append(partial(target.rename, source))


class PostgresDatabase(Database):
    """A schema of the database, which is renamed in one transaction."""

    def __init__(self, stamp: str) -> None:
        self.new, self.aside = f"restoring_{stamp}", f"before_restore_{stamp}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            self.present = cursor.fetchone()[0] or "public"

    @contextmanager
    def ready(self) -> Iterator[None]:
        try:
            self._execute(f'CREATE SCHEMA "{self.new}"')
        except DatabaseError as error:
            raise CannotRestore(
                "The database's user may make no schema, in which the backup is restored first: "
                f"GRANT CREATE ON DATABASE to it ({error})."
            ) from None
        with instead(self._to_new):
            yield

    def _to_new(self, settings: Options) -> None:
        options = settings.setdefault("OPTIONS", {})
        former = options.get("options", "")
        options["options"] = f"{former} -c search_path={self.new}".strip()

    def check_unused(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND usename = current_user AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            (others,) = cursor.fetchone()
        if others:
            raise CannotRestore(
                f"The database is in use by {others} other connection{'s' * (others != 1)}: stop "
                "the server and the workers, then restore."
            )

    def swap(self) -> str:
        kept = bool(Database.held(self))
        self._execute(
            f'ALTER SCHEMA "{self.present}" RENAME TO "{self.aside}"; '
            f'ALTER SCHEMA "{self.new}" RENAME TO "{self.present}"'
        )
        self._swapped = True
        return f"schema {self.aside}" if kept else ""

    def swap_back(self) -> None:
        if getattr(self, "_swapped", False):
            self._execute(
                f'ALTER SCHEMA "{self.present}" RENAME TO "{self.new}"; '
                f'ALTER SCHEMA "{self.aside}" RENAME TO "{self.present}"'
            )
            self._swapped = False

    def discard(self) -> None:
        self._execute(f'DROP SCHEMA IF EXISTS "{self.new}" CASCADE')

    def drop_old(self) -> None:
        """Drop the former schema, which held nothing but what migrations make."""
        self._execute(f'DROP SCHEMA IF EXISTS "{self.aside}" CASCADE')

    def _execute(self, statements: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statements)  # several are one transaction
