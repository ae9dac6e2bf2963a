"""Copying rows in the database, with their ids moved on: a million faces take minutes so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from annotations import facs
from annotations.models import ActionUnitScore, Coding, Face, Flag, Review, Subject
from annotations.models.unit_bits import HIGHEST
from annotations.synthetic.combinations import combinations

#: In the order in which they may point at one another.
TABLES: tuple[Any, ...] = (Subject, Face, Coding, Review, Flag)
_INDEXED: tuple[Any, ...] = (Face, Coding, ActionUnitScore)
#: What a copy may not have in common with its original; `{n}` is the number of the copy.
_OWN = {
    (Subject, "code"): "{code} || '-' || {n}",
    # The last digits of the digest are the copy's number: it stays 64 hexadecimal digits.
    (Face, "sha256"): "substr({sha256}, 1, 56) || substr(cast(100000000 + {n} as text), 2, 8)",
}


def last_ids() -> dict[Any, int]:
    """Return each table's highest id, 0 of an empty one."""
    return {table: table.objects.aggregate(last=Max("pk"))["last"] or 0 for table in TABLES}


@dataclass(frozen=True)
class Span:
    """The rows of the first block: of each table those above `after`, up to `last`."""

    after: dict[Any, int]
    last: dict[Any, int]

    def step(self, table: Any) -> int:
        """Return how far the ids of one copy lie beyond those of the one before."""
        return self.last[table] - self.after[table]


def span_above(after: dict[Any, int]) -> Span:
    """Return the rows above these ids, which are those of one block.

    They may begin further above: a sequence of PostgreSQL doesn't go back with a transaction.
    """
    first = {
        table: table.objects.filter(pk__gt=pk).aggregate(first=Min("pk"))["first"]
        for table, pk in after.items()
    }
    before = {table: after[table] if pk is None else pk - 1 for table, pk in first.items()}
    return Span(before, last_ids())


def copy_block(span: Span, number: int, faces: int, when: datetime) -> None:
    """Copy the first `faces` faces of a block, and all that is said of them, as copy `number`.

    Subjects are copied all, so that every face finds its own.
    """
    upto = span.after[Face] + faces
    for table in TABLES:
        _copy(table, span, number, when, "" if table is Subject else _upto(table, upto))


def _upto(table: Any, face: int) -> str:
    return f' AND "{"id" if table is Face else "face_id"}" <= {face}'


def _copy(table: Any, span: Span, number: int, when: datetime, further: str) -> None:
    columns, values = [], []
    for field in table._meta.concrete_fields:
        own = _OWN.get((table, field.name))
        value = f't."{field.column}"'
        if own is not None:
            value = own.format(n=number, **{field.name: value})
        elif field.primary_key or field.related_model in TABLES:
            related = table if field.primary_key else field.related_model
            value = f"{value} + {number * span.step(related)}"
        elif field.name == "created_at":
            value = "%s"
        columns.append(f'"{field.column}"')
        values.append(value)
    name = table._meta.db_table
    rows = f't."id" > {span.after[table]} AND t."id" <= {span.last[table]}{further}'
    stored = connection.ops.adapt_datetimefield_value(when)
    with connection.cursor() as cursor:
        cursor.execute(  # the names are our tables', the numbers are ids
            f'INSERT INTO "{name}" ({", ".join(columns)}) '  # noqa: S608  # nosec B608
            f'SELECT {", ".join(values)} FROM "{name}" t WHERE {rows}',
            [stored] * values.count("%s"),
        )


def write_scores(after: int, upto: int) -> None:
    """Write the scores of codings within a range of ids from the bits that their rows keep.

    Intensities and probabilities go by ids, so that they look like chance and are always the same.
    """
    chance = "((c.id * 7919 + u.au * 104729) % 1000) / 1000.0"
    held = "((c.units_present >> u.au) & 1)"
    likely = f"0.5 * {chance} * {chance}"
    units = " UNION ALL SELECT ".join(
        str(au) if number else f"{au} AS au" for number, au in enumerate(_units())
    )
    intensity = "substr('ABCDE', cast(1 + (c.id * 7 + u.au * 13) % 5 as integer), 1)"
    by_person = f"CASE WHEN {held} = 1 AND c.coder_kind <> 'model' THEN {intensity} ELSE '' END"
    by_model = (
        f"CASE WHEN c.coder_kind <> 'model' THEN NULL WHEN {held} = 1 THEN 1 - {likely} "
        f"ELSE {likely} END"
    )
    with connection.cursor() as cursor:
        cursor.execute(  # the names are our tables', the numbers are units and an id
            f'INSERT INTO "{ActionUnitScore._meta.db_table}" '  # noqa: S608  # nosec B608
            '("coding_id", "au", "present", "intensity", "side", "probability") '
            f"SELECT c.id, u.au, {held} = 1, {by_person}, '', {by_model} "
            f'FROM "{Coding._meta.db_table}" c CROSS JOIN (SELECT {units}) u '
            f"WHERE c.id > {after} AND c.id <= {upto} "
            "AND (((c.units_present | c.units_absent) >> u.au) & 1) = 1"
        )


def write_least_confidence(after: int) -> None:
    """Write, of codings above an id, how sure the model is of what it is least sure of.

    It goes by the scores, so it needs their indexes.
    """
    sure = "CASE WHEN s.probability < 0.5 THEN 1 - s.probability ELSE s.probability END"
    scores, codings = ActionUnitScore._meta.db_table, Coding._meta.db_table
    units = f'SELECT min({sure}) FROM "{scores}" s WHERE s.coding_id = "{codings}".id'  # noqa: S608  # nosec B608
    with connection.cursor() as cursor:
        for value, condition in (
            (f"({units})", ""),
            ("confidence", "AND confidence < least_confidence"),
        ):
            cursor.execute(  # the names are our tables', the number is an id
                f'UPDATE "{codings}" SET least_confidence = {value} '  # noqa: S608  # nosec B608
                f"WHERE coder_kind = 'model' AND id > {after} {condition}"
            )


@cache
def _units() -> list[int]:
    """Return the units that faces are drawn with: fewer to ask each row for than all there are."""
    drawn = {au for each in combinations() for au in each.action_units if au <= HIGHEST}
    return sorted(drawn | set(facs.MODEL_ACTION_UNITS))


def move_sequences_on() -> None:
    """Have PostgreSQL give the next row an id above those that were written here."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in TABLES:
            name = table._meta.db_table
            sequence = f"pg_get_serial_sequence('\"{name}\"', 'id')"
            cursor.execute(f'SELECT setval({sequence}, max(id)) FROM "{name}"')  # noqa: S608  # nosec B608


@contextmanager
def without_indexes() -> Iterator[None]:
    """Drop the indexes that no constraint needs for the block: made at once they are made quickly.

    Within a transaction: if it fails, they are there as before.
    """
    indexes = [(each, table) for table in _INDEXED for each in table._meta.indexes]
    with connection.cursor() as cursor:
        for index, _ in indexes:
            cursor.execute(f'DROP INDEX "{index.name}"')
    yield
    editor = connection.schema_editor()  # for its words alone: to enter it, SQLite needs more
    with connection.cursor() as cursor:
        for index, table in indexes:
            cursor.execute(str(index.create_sql(table, editor)))


def check_references_sparingly() -> None:
    """Have PostgreSQL check references as rows are written, or not at all where we may choose.

    To keep a check of each of 45 million rows for the end would take gigabytes, and indexes aren't
    made while it waits. Whatever is written here points at rows written just before.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone() == ("on",):
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
