"""The frame of every task: claim a run, carry it out, and end it with a message if that fails."""

from __future__ import annotations

import errno
import logging
import os
import time
from pathlib import Path

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils.module_loading import import_string

from facsweb.jobs.fence import Cancelled, fenced
from facsweb.jobs.models import Run
from facsweb.jobs.recovery import too_long, worker_name
from facsweb.logs import about

logger = logging.getLogger(__name__)

#: A run that a lost database has interrupted so often is given up.
MOST_ATTEMPTS = 10
_SECONDS_FOR_THE_DATABASE = 600
NO_ROOM = (
    "There is no room left on the server’s disk. An admin can free some, such as by deleting old "
    "exports; then try again."
)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
#: PostgreSQL's idle_in_transaction_session_timeout; psycopg calls it an InternalError.
_ENDED_AS_IDLE = "25P03"
_READ_ONLY = "The server’s disk can’t be written to. An admin can mend that; then try again."


def run_job(model: type[Run], pk: int, work: str, *, in_passing: bool = False) -> None:
    """Claim the run and carry it out; whatever goes wrong is recorded in the run.

    Nothing happens where the run is gone, has ended, or is another worker's.

    Parameters
    ----------
    work
        Dotted path of a function of the run. It is imported here and no earlier: the web process
        imports the modules of tasks, and must load neither TensorFlow, which can't be forked, nor
        Arrow or archives.
    in_passing
        Whether it is done between two steps of a longer run, whose time may come to an end. Then
        the run is handed back, and SoftTimeLimitExceeded raised for the longer one to hear.
    """
    run = model.objects.filter(pk=pk).first()
    if run is None or not run.claim(worker_name(os.getppid())):
        return
    with about(job=f"{model._meta.label_lower}:{pk}"):
        logger.info("begun, attempt %s", run.attempts)
        _carry_out(run, work, in_passing)
        logger.info("ended: %s", run.status)


def _carry_out(run: Run, work: str, in_passing: bool) -> None:
    try:
        with fenced(run):
            import_string(work)(run)
    except Cancelled:
        logger.warning("%s is another worker's by now; nothing more is written", run)
    except SoftTimeLimitExceeded:
        if in_passing:
            run.hand_back("The longer run that it was done within has no time left.")
            raise
        logger.warning("%s took too long", run)
        run.finish(Run.Status.FAILED, too_long())
    except Exception as error:
        if _is_lost(error):
            logger.exception("%s lost the database", run)
            _hand_back(run, error)
            return
        logger.exception("%s failed", run)
        run.finish(Run.Status.FAILED, _told(error))


def _is_lost(error: Exception) -> bool:
    """Tell whether it was the database that went.

    Or only this transaction: PostgreSQL ends one whose worker was stopped in it for a lease.
    """
    ended = getattr(error.__cause__, "sqlstate", "") == _ENDED_AS_IDLE
    return ended or isinstance(error, OperationalError | InterfaceError)


def _hand_back(run: Run, error: Exception) -> None:
    """Have a run tried again that a lost database interrupted, once there is one.

    Where it stays away, a sweep finds the run later.
    """
    deadline = time.monotonic() + _SECONDS_FOR_THE_DATABASE
    while time.monotonic() < deadline:
        connection.close()
        try:
            if run.attempts >= MOST_ATTEMPTS:
                run.finish(Run.Status.FAILED, _told(error))
            else:
                run.hand_back("The database was away; it is begun anew.", later=True)
            return
        except DatabaseError:
            time.sleep(1)


def _told(error: Exception) -> str:
    """Return what is told of an error: in words where somebody can mend it."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return NO_ROOM
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return _READ_ONLY
    return f"{type(error).__name__}: {_text_of(error)}"


def _text_of(error: Exception) -> str:
    """Return what the error says, without the server's paths: pages and the API show it."""
    text = str(error)
    if isinstance(error, OSError) and error.filename:
        text = str(error.strerror)
    for folder in sorted(_our_folders(), key=lambda folder: len(str(folder)), reverse=True):
        text = text.replace(str(folder), folder.name)
    return text


def _our_folders() -> set[Path]:
    """Return the folders whose files libraries may name: users read `models/x`, not /srv/..."""
    named = (settings.MEDIA_ROOT, settings.MODELS_ROOT, settings.VAR_DIR, settings.BASE_DIR)
    return {Path(folder) for folder in named if folder}
