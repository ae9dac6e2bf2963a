"""The tables of a database as its migrations made them, whatever this code has come to since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps as installed
from django.core.management.color import no_style
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, FileField, Model

from facsweb.backup.errors import BadBackup, CannotBackUp, NewerBackup

#: An app's label and a migration's name.
Migration = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """A table and its columns in their order, by the model that it had at that time."""

    name: str
    label: str
    model: type[Model] = field(compare=False)

    @property
    def fields(self) -> list[Field[Any, Any]]:
        """The stored fields; what the database computes itself is left out."""
        return [each for each in self.model._meta.concrete_fields if not _is_generated(each)]

    @property
    def columns(self) -> list[str]:
        return [str(each.column) for each in self.fields]

    @property
    def file_columns(self) -> list[int]:
        """The places of the columns that name stored files."""
        return [place for place, each in enumerate(self.fields) if isinstance(each, FileField)]


def applied_migrations() -> list[Migration]:
    """Return what was applied to the database, in a fixed order. Raises CannotBackUp."""
    loader = MigrationLoader(connection)
    applied = sorted(node for node in loader.applied_migrations if node[0] in _labels())
    gone = [node for node in applied if node not in loader.disk_migrations]
    if gone:
        raise CannotBackUp(
            f"The database has migrations that this facsweb doesn't know ({_named(gone)}): "
            "back it up with the version that made it."
        )
    return applied


def tables_of(migrations: Iterable[Migration]) -> list[Table]:
    """Return the tables that these migrations make, by name."""
    loader = MigrationLoader(connection, replace_migrations=False)
    nodes = [node for node in migrations if node in loader.graph.nodes]
    state = loader.project_state(_ends(loader, nodes))
    models = state.apps.get_models(include_auto_created=True)
    kept = [each for each in models if each._meta.managed and not each._meta.proxy]
    tables = [Table(each._meta.db_table, each._meta.label, each) for each in kept]
    return sorted(tables, key=lambda table: table.name)


def check_known(migrations: Sequence[Migration]) -> None:
    """Refuse migrations that this code doesn't have. Raises NewerBackup, BadBackup."""
    loader = MigrationLoader(None, replace_migrations=False)
    unknown = [node for node in migrations if node not in loader.disk_migrations]
    foreign = sorted({label for label, _ in unknown} - _labels())
    if foreign:
        raise BadBackup(
            f"It holds tables of apps that aren't installed here: {', '.join(foreign)}. Install "
            "what made it, or switch it on by the same settings."
        )
    if unknown:
        raise NewerBackup(
            f"It was made by a newer facsweb: this one doesn't know {_named(unknown)}. "
            "Update facsweb, then restore."
        )
    known = set(migrations)
    for node in migrations:
        parents = loader.graph.node_map[node].parents if node in loader.graph.node_map else ()
        if any(parent.key not in known for parent in parents):
            raise BadBackup(f"Its list of migrations lacks what {node[0]}.{node[1]} needs.")


def migrate_to(migrations: Sequence[Migration]) -> None:
    """Make the tables of just these migrations in the empty database that is connected."""
    executor = MigrationExecutor(connection)
    nodes = [node for node in migrations if node in executor.loader.graph.nodes]
    executor.migrate(_ends(executor.loader, nodes))


def empty(tables: Iterable[Table]) -> None:
    """Delete the rows that migrations wrote; the backup has them too, and has them right."""
    with connection.cursor() as cursor:
        for table in tables:
            name = connection.ops.quote_name(table.name)
            cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")  # noqa: S608 - a quoted name  # nosec B608
            if cursor.fetchone():
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - a quoted name  # nosec B608


def next_ids(tables: Iterable[Table]) -> dict[str, int]:
    """Return the last id that each table gave out: ids of what was deleted don't come again."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # It keeps a 0 of tables that were rebuilt while they were empty.
            cursor.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
            given = dict(cursor.fetchall())
            return {table.name: given[table.name] for table in tables if table.name in given}
        for table in tables:
            if sequence := _sequence(cursor, table):
                cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608 - quoted by it  # nosec B608
                if row := cursor.fetchone():
                    found[table.name] = row[0]
    return found


def set_next_ids(tables: Iterable[Table], given: dict[str, int]) -> None:
    """Have each table go on from the last id that it gave out, or from the highest that it has."""
    tables = list(tables)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in connection.ops.sequence_reset_sql(
                no_style(), [table.model for table in tables]
            ):
                cursor.execute(statement)
        for table in tables:
            if (last := given.get(table.name)) is None:
                continue
            if connection.vendor == "sqlite":
                cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table.name])
                last = max(last, cursor.fetchone()[0] or 0)
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
                cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table.name, last])
            elif sequence := _sequence(cursor, table):
                cursor.execute(f"SELECT last_value FROM {sequence}")  # noqa: S608 - quoted by it  # nosec B608
                cursor.execute("SELECT setval(%s, %s)", [sequence, max(last, cursor.fetchone()[0])])


def _sequence(cursor: Any, table: Table) -> str | None:
    """Return the quoted name of the sequence of a PostgreSQL table's ids."""
    column = table.model._meta.pk.column
    name = connection.ops.quote_name(table.name)
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [name, column])
    found: str | None = cursor.fetchone()[0]
    return found


def _ends(loader: MigrationLoader, nodes: Iterable[Migration]) -> list[Migration]:
    """Return those of the nodes that no other of them in the same app comes after."""
    known = set(nodes)
    children = loader.graph.node_map
    return sorted(
        node
        for node in known
        if not any(
            child.key in known and child.key[0] == node[0] for child in children[node].children
        )
    )


def _labels() -> set[str]:
    return {each.label for each in installed.get_app_configs()}


def _named(migrations: Sequence[Migration]) -> str:
    shown = ", ".join(f"{label}.{name}" for label, name in sorted(migrations)[:5])
    return shown + (" and more" if len(migrations) > 5 else "")


def _is_generated(each: Field[Any, Any]) -> bool:
    return bool(getattr(each, "generated", False))
