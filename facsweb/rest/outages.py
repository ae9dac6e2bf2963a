"""Outages: the database is away, a disk is full or read-only. They are told in words, with 503.

They are nobody's error who asks, so no 400; and none of the program's, so no 500: what was asked
can be asked again once somebody has mended it.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from django.db import InterfaceError, OperationalError, transaction
from django.db.utils import Error as DatabaseError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outage:
    """Something that the server lacks.

    Attributes
    ----------
    code
        Stable, for programs.
    plain
        What anybody is told.
    mend
        What an admin is told besides: how it can be mended.
    """

    code: str
    plain: str
    mend: str


AWAY = Outage(
    "database_away",
    "The database doesn't answer. Nothing from your last step was saved; try again in a moment.",
    "See that the database that DATABASE_URL names runs and can be reached from this host. "
    "Web server and workers go on by themselves when it is back.",
)
BUSY = Outage(
    "database_busy",
    "The database is held up by something else. Nothing from your last step was saved; try again "
    "in a moment.",
    "A process holds SQLite’s one write lock: a long import, or a worker that is stopped in the "
    "middle of writing. Let it go on, or end it.",
)
NO_ROOM = Outage(
    "no_room",
    "There is no room left on the server’s disk. Nothing from your last step was saved.",
    "Delete old exports and imports on the page Data, or give the disk of var/, MEDIA_ROOT or the "
    "database more room. Everything goes on by itself then.",
)
READ_ONLY = Outage(
    "read_only",
    "The server can only read at the moment. Nothing from your last step was saved.",
    "Database or disk can’t be written to: see whether its file system is mounted read-only or "
    "fails, or its files belong to another user than the server’s.",
)

_OF_DISKS = {
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: NO_ROOM,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
}
#: What drivers say, in small letters. SQLite has one kind of error for all of it.
_OF_DATABASES = (
    ("is full", NO_ROOM),
    ("no space left", NO_ROOM),
    ("readonly database", READ_ONLY),
    ("disk i/o error", READ_ONLY),  # a write to a file that was opened while it could be written to
    ("read-only file system", READ_ONLY),
    ("read-only transaction", READ_ONLY),
    ("database is locked", BUSY),
    ("lock timeout", BUSY),
    ("deadlock detected", BUSY),
)


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the outage behind an error; None where it is something else."""
    if isinstance(error, redis.RedisError):
        return Outage(
            "broker_away",
            "The message broker doesn't answer; try again in a moment.",
            "Start it: `make run` starts the embedded one, REDIS_URL names any other.",
        )
    if isinstance(error, DatabaseError):
        said = str(error).lower()
        known = next((outage for words, outage in _OF_DATABASES if words in said), None)
        return known or (AWAY if isinstance(error, OperationalError | InterfaceError) else None)
    if isinstance(error, OSError):
        return _OF_DISKS.get(error.errno or 0)
    return None


@contextmanager
def as_far_as_possible(what: str) -> Iterator[None]:
    """Go on without a note that the database has no room for, or can't be written to for.

    Parameters
    ----------
    what
        What isn't noted, for the log.
    """
    try:
        with transaction.atomic():  # a refused statement would spoil a transaction around it
            yield
    except DatabaseError as error:
        outage = outage_of(error)
        if outage not in (NO_ROOM, READ_ONLY):
            raise
        logger.warning("%s isn't noted: %s", what, outage.code)
