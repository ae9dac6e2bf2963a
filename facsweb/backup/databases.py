"""Another connection in the place of the usual one: to a snapshot, or to what is being restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

Options = dict[str, Any]


@contextmanager
def instead(change: Callable[[Options], None]) -> Iterator[BaseDatabaseWrapper]:
    """Have this thread's queries go to a connection of its own within the block.

    Migrations and querysets name no database, so the connection takes the name of the usual one.

    Parameters
    ----------
    change
        Changes a copy of the usual connection's settings.
    """
    usual = connections["default"]
    settings = deepcopy(usual.settings_dict)
    change(settings)
    mine: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(
        settings, "default"
    )
    connections["default"] = mine
    try:
        yield mine
    finally:
        mine.close()
        connections["default"] = usual


@contextmanager
def snapshot() -> Iterator[None]:
    """Have every query within the block see the database as it is now, whatever is written.

    A reader's transaction: SQLite's in WAL mode, PostgreSQL's at REPEATABLE READ. It keeps no
    writer waiting.
    """
    with instead(_for_reading) as mine, transaction.atomic():
        with mine.cursor() as cursor:
            # The first question, not BEGIN, is what takes the snapshot.
            cursor.execute("SELECT count(*) FROM django_migrations")
        yield


def _for_reading(settings: Options) -> None:
    options = settings.setdefault("OPTIONS", {})
    if connection.vendor == "sqlite":
        options.pop("transaction_mode", None)  # IMMEDIATE would take the write lock
    else:
        # Imported late: the driver is needed for PostgreSQL only.
        from psycopg import IsolationLevel

        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
