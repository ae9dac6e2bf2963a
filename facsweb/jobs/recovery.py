"""Recovery of runs that nobody works on: their message was lost, or their worker died."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from facsweb.jobs.messages import waiting_messages
from facsweb.jobs.models import MAX_DEATHS, QUEUED_TOO_LONG, Run

logger = logging.getLogger(__name__)

#: The longest pause before the message of a queued run is looked for again, in seconds.
LONGEST_PAUSE = 600.0
#: Queued runs that one sweep looks after.
MOST_A_SWEEP = 200

Enqueue = Callable[[Run], None]
Waiting = Callable[[str], frozenset[str] | None]


def recover(
    model: type[Run], enqueue: Enqueue = Run.enqueue, waiting: Waiting = waiting_messages
) -> None:
    """Send lost and orphaned runs again; give up on those that have killed a worker before."""
    _send_lost(model, enqueue, waiting)
    if not model.objects.abandoned().exists():
        # No transaction without need: SQLite's takes the one write lock, and a main process that
        # waits for it, behind a long transaction of its own child, heeds no time limit meanwhile.
        return
    with transaction.atomic():
        # A row that is locked is being written by a worker, or by another sweep.
        orphans = list(model.objects.abandoned().select_for_update(skip_locked=True))
        queued = [run for run in orphans if _take(run)]
    for run in queued:
        enqueue(run)


def child_was_killed(model: type[Run], pk: int | None, *, by_limit: bool) -> None:
    """End or queue again the runs of a worker's child that was killed, as its main process knows.

    Parameters
    ----------
    pk
        The run of this kind that it had been sent; None for one of another kind. A child may have
        another run beside it, which it does in passing (`run_job`).
    by_limit
        Whether the hard time limit killed it: it isn't tried again, since it would be again.
    """
    mine = model.objects.filter(status=Run.Status.RUNNING, worker=worker_name(os.getpid()))
    for run in mine:  # none where it had ended, or another worker has it
        if by_limit and run.pk == pk:
            run.finish(Run.Status.FAILED, too_long())
        elif _take(run, unless_heard=False):
            run.enqueue()


def worker_name(process: int) -> str:
    """Return the name of a worker on this host, by the process that its children belong to."""
    return f"{socket.gethostname()}:{process}"[: Run.LONGEST_WORKER]


def _send_lost(model: type[Run], enqueue: Enqueue, waiting: Waiting) -> None:
    """Send queued runs again whose message isn't in the broker, with growing pauses."""
    unheard = list(model.objects.to_look_after().order_by("queued_at")[:MOST_A_SWEEP])
    there = waiting(model.queue) if unheard else None
    if there is None:  # nothing to do, or no broker: whatever is sent now is lost
        return
    for run in unheard:
        if run.message_id in there:
            run.look_again(QUEUED_TOO_LONG.total_seconds())
            continue
        pause = QUEUED_TOO_LONG.total_seconds() * 2 ** min(run.resends, 10)
        run.look_again(min(pause, LONGEST_PAUSE), resent=True)
        enqueue(run)


def _take(run: Run, *, unless_heard: bool = True) -> bool:
    """End or queue again a run whose worker is gone; tell whether it is to be sent."""
    if run.cancel_requested:
        run.finish(Run.Status.CANCELLED)
    elif _outlived_limit(run):
        run.finish(Run.Status.FAILED, too_long())
    elif run.deaths + 1 >= MAX_DEATHS:
        run.finish(Run.Status.FAILED, died(run.deaths + 1))
    else:
        logger.warning("%s lost its worker; sending it again", run)
        why = "Its worker fell silent." if unless_heard else "Its worker was killed."
        return run.take_from_the_dead(f"{why} Another begins anew.", unless_heard=unless_heard)
    return False


def died(deaths: int) -> str:
    return f"The worker died {deaths} times on this run; it may lack memory."


def too_long() -> str:
    """Say that a job reached the limit, and how it can be given more time."""
    hours = settings.CELERY_TASK_TIME_LIMIT / 3600
    limit = f"{hours:.1f} hours" if hours >= 1 else f"{settings.CELERY_TASK_TIME_LIMIT} seconds"
    return (
        f"It took longer than a job may, {limit}, and was stopped. It isn't tried again by itself. "
        "Give it less to do, or have TASK_TIME_LIMIT raised."
    )


def _outlived_limit(run: Run) -> bool:
    """Tell whether it was at work until its time was over: it would be again."""
    if run.started_at is None or run.heartbeat_at is None:
        return False
    worked = (run.heartbeat_at - run.started_at).total_seconds()
    return worked > settings.CELERY_TASK_SOFT_TIME_LIMIT
