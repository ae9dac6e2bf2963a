"""Time that went by, as the database would tell it."""

from datetime import timedelta

from django.db.models.functions import Now

from facsweb.jobs.models import LEASE, QUEUED_TOO_LONG, Run

MOMENT = timedelta(seconds=1)


def orphan(run: Run, worked: timedelta = MOMENT) -> None:
    """Have the run's worker fallen silent longer ago than the lease."""
    silent = Now() - LEASE - MOMENT
    _set(run, heartbeat_at=silent, started_at=silent - worked)


def forget(run: Run) -> None:
    """Have the run waited for longer than a message takes."""
    _set(run, queued_at=Now() - QUEUED_TOO_LONG - MOMENT)


def _set(run: Run, **values: object) -> None:
    type(run).objects.filter(pk=run.pk).update(**values)
    run.refresh_from_db()
