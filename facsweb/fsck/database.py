"""The database itself: its pages, its references, its migrations, and the audit's chain."""

from __future__ import annotations

from functools import partial

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from facsweb.audit.verify import verify
from facsweb.fsck.findings import Check, Finding, Walk

_MOST_TOLD = 100
#: The check that must be passed for any other to be asked.
MIGRATIONS = "migrations"


def checks(*, quick: bool) -> list[Check]:
    """Return the checks of the database."""
    return [
        Check(MIGRATIONS, _migrations, lambda: 1),
        Check("the database's pages", partial(_pages, quick=quick), lambda: 1),
        Check("references", _references, lambda: 1),
        Check("the audit", _audit, lambda: 1),
    ]


def _migrations(after: int) -> Walk:
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding(
            MIGRATIONS,
            f"{plan[0][0].app_label}.{plan[0][0].name}",
            f"{len(plan)} migrations weren't applied: run `manage.py migrate`, then this again",
        )
    yield 1


def _pages(after: int, *, quick: bool) -> Walk:
    """Have SQLite check its file. PostgreSQL does that by its own tools (amcheck, checksums)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check" if quick else "PRAGMA integrity_check")
            for (told,) in cursor.fetchmany(_MOST_TOLD):
                if told != "ok":
                    yield Finding("the database's pages", "sqlite", f"{told}: restore a backup")
    yield 1


def _references(after: int) -> Walk:
    """List rows that point at none; PostgreSQL's constraints don't let there be any."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_key_check")
            for table, row, parent, _ in cursor.fetchmany(_MOST_TOLD):
                yield Finding(
                    "references",
                    f"{table}:{row}",
                    f"It points at a row of {parent} that isn't there",
                )
    yield 1


def _audit(after: int) -> Walk:
    for problem in verify().problems:
        yield Finding("the audit", "audit", problem)
    yield 1
