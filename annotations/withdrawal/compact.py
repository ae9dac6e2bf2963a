"""Overwriting what deleted rows leave in the database's own files."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection

_LOCK_SECONDS = 20
_OLDER_READERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND age(backend_xmin) > age(%s::xid)
"""


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
        Somebody held a table, or read what was there before, for longer than 20 s.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif connection.vendor == "postgresql":
            cursor.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
            try:
                _wait_for_older_readers(cursor)
                for table in sorted({apps.get_model(each)._meta.db_table for each in labels}):
                    cursor.execute(f"VACUUM (FULL, ANALYZE) {connection.ops.quote_name(table)}")
                cursor.execute("VACUUM (FULL) pg_catalog.pg_statistic")
            finally:
                cursor.execute("SET lock_timeout = DEFAULT")


def _wait_for_older_readers(cursor: Any) -> None:
    """Wait until nobody reads the database as it was: for them PostgreSQL keeps deleted rows."""
    cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    now = str(int(cursor.fetchone()[0]) % 2**32)  # an xid has 32 bits of it
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        cursor.execute(_OLDER_READERS, [now])
        if not cursor.fetchone()[0]:
            return
        if time.monotonic() > deadline:
            raise OperationalError("Somebody has been reading the database for too long.")
        time.sleep(0.1)
