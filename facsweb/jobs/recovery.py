"""Recovery of runs that nobody works on: their message was lost, or their worker died."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from facsweb.jobs.models import MAX_DEATHS, Run

logger = logging.getLogger(__name__)

#: A queued row this old may have lost its message; sending it again does no harm.
QUEUED_TOO_LONG = timedelta(seconds=30)


def recover(model: type[Run], enqueue: Callable[[Run], None] = Run.enqueue) -> None:
    """Send waiting and orphaned runs again; give up on those that have killed a worker before."""
    waiting = model.objects.filter(
        status=Run.Status.QUEUED, created_at__lt=timezone.now() - QUEUED_TOO_LONG
    )
    for run in waiting:
        enqueue(run)
    for run in model.objects.abandoned():
        if run.cancel_requested:
            run.finish(Run.Status.CANCELLED)
        elif run.deaths + 1 >= MAX_DEATHS:
            run.finish(
                Run.Status.FAILED,
                f"The worker died {run.deaths + 1} times on this run; it may lack memory.",
            )
        else:
            logger.warning("%s lost its worker; sending it again", run)
            run.hand_back(died=True)
            enqueue(run)
