"""Statistics by which the database plans its queries.

PostgreSQL's autovacuum keeps them. SQLite has none until it is told to count, and then takes any
index for as good as any other: for a face's reading it may go through all readings of the model.
"""

from __future__ import annotations

from typing import Any

from django.db import OperationalError, connection, transaction

#: Rows of each index that SQLite looks at, as its manual advises
#: (https://www.sqlite.org/lang_analyze.html, "Approximate ANALYZE for large databases").
_LOOKED_AT = 400


def count_tables() -> None:
    """Have the database count its tables: some hundredths of a second on SQLite, at any size."""
    statements = [f"PRAGMA analysis_limit = {_LOOKED_AT}", "ANALYZE"]
    if connection.vendor == "postgresql":
        statements = ["ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE"]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def count_after_a_job(sender: Any, **_: Any) -> None:
    """Count once a long job is over, which may have written many rows."""
    if connection.vendor == "sqlite":
        transaction.on_commit(_count_if_nobody_writes, robust=True)


def _count_if_nobody_writes() -> None:
    try:
        count_tables()
    except OperationalError:
        return  # somebody else writes: the next job counts
