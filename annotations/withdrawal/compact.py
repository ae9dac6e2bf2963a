"""Overwriting what deleted rows leave in the database's own files."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection

_LOCK_SECONDS = 20
#: Nobody waits for us while we wait for older transactions.
_OLDER_SECONDS = 600
#: For whom PostgreSQL keeps deleted rows (ComputeXidHorizons in its procarray.c): whoever has been
#: writing since before, in any database, as our own snapshot reaches back to that; whoever reads
#: this one by a snapshot of before; and what copies the whole server elsewhere.
_OLDER = """
SELECT (pg_snapshot_xmin(pg_current_snapshot()) < %(now)s::xid8)::int
    + (SELECT count(*) FROM pg_stat_activity
        WHERE (datname = current_database() OR backend_type = 'walsender')
        AND pid <> pg_backend_pid() AND age(backend_xmin) > age(%(now)s::xid8::xid))
    + (SELECT count(*) FROM pg_replication_slots
        WHERE greatest(age(xmin), age(catalog_xmin)) > age(%(now)s::xid8::xid))
"""
_READ_TOO_LONG = (
    "Deleted rows can’t be overwritten: some program has been reading the database’s file for "
    f"{_OLDER_SECONDS // 60} minutes, as a copy or an open shell does. End it, then try again."
)
_TOO_LONG = (
    "Deleted rows can’t be overwritten: PostgreSQL keeps them for a transaction or a replication "
    f"slot that is older than they are, and has been there for another {_OLDER_SECONDS // 60} "
    "minutes. An admin of it finds it in pg_stat_activity, pg_prepared_xacts or "
    "pg_replication_slots, and can end it; then try again."
)


def overwrite_deleted() -> None:
    """Have SQLite overwrite what this connection deletes from now on."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def rewrite(labels: Iterable[str]) -> None:
    """Write tables anew, so that their files hold no bytes of deleted rows.

    SQLite: the whole file (https://sqlite.org/lang_vacuum.html), and its write-ahead log is cut to
    nothing. PostgreSQL: these tables, each locked meanwhile
    (https://www.postgresql.org/docs/current/sql-vacuum.html), and what its planner remembers of
    their values (pg_statistic), where this user may; its write-ahead log and base backups are kept
    by whoever runs it. The caller is in no transaction.

    Parameters
    ----------
    labels
        Of the models from whose tables rows or words went, now or before: app and model.

    Raises
    ------
    OperationalError
        Somebody held a table for longer than 20 s, or was in a transaction of before, in SQLite
        any that reads, for another ten minutes.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            _cut_log(cursor)
        elif connection.vendor == "postgresql":
            cursor.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
            try:
                _wait_for_older(cursor)
                for table in sorted({apps.get_model(each)._meta.db_table for each in labels}):
                    cursor.execute(f"VACUUM (FULL, ANALYZE) {connection.ops.quote_name(table)}")
                _wait_for_older(cursor)  # what it remembered was deleted just now
                cursor.execute("VACUUM (FULL) pg_catalog.pg_statistic")
            finally:
                cursor.execute("SET lock_timeout = DEFAULT")


def _cut_log(cursor: Any) -> None:
    """Cut SQLite's write-ahead log to nothing, once nobody reads what was there before."""
    deadline = time.monotonic() + _OLDER_SECONDS
    while True:
        cursor.execute(
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )  # tells, rather than raises, that it can't
        busy, *_ = cursor.fetchone()
        if not busy:
            return
        if time.monotonic() > deadline:
            raise OperationalError(_READ_TOO_LONG)
        time.sleep(0.1)


def _wait_for_older(cursor: Any) -> None:
    """Wait until every transaction is younger than what was deleted up to now."""
    cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    now = cursor.fetchone()[0]
    deadline = time.monotonic() + _OLDER_SECONDS
    while True:
        cursor.execute(_OLDER, {"now": now})
        if not cursor.fetchone()[0]:
            return
        if time.monotonic() > deadline:
            raise OperationalError(_TOO_LONG)
        time.sleep(0.1)
