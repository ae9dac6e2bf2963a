"""Ending jobs and having them tried again, whatever their kind."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from facsweb.audit.services import record
from facsweb.joblist.listing import Job
from facsweb.problems import Conflict


class NotToRetry(Conflict):
    code = "not_to_retry"


class JobOver(Conflict):
    code = "job_over"


def cancel_job(job: Job, user: User) -> None:
    """End a job that waits or goes on. Raises Forbidden, JobOver."""
    if not job.run.is_active:
        raise JobOver(f"It has ended already: {job.run.status}.")
    job.kind.cancel(job.run, user)


def retry_job(job: Job, user: User) -> None:
    """Queue a job again that failed or was cancelled, as it was asked for.

    What it did so far stays: imports and predictions go on where they were.

    Raises
    ------
    Forbidden
    Conflict
        It didn't fail, what it needs is gone, or another of its kind is under way.
    """
    job.kind.may_retry(job.run, user)
    try:
        with transaction.atomic():
            if not job.run.put_back(f"{user.get_username()} had it tried again."):
                raise NotToRetry(
                    "Only a job that failed or was cancelled can be tried again; this one is "
                    f"{job.run.status}."
                )
            record("job.retried", by=user, about=job.run)
            transaction.on_commit(job.run.enqueue)
    except IntegrityError:
        raise NotToRetry(
            "Another job of this kind waits or goes on. Wait for it, or cancel it, then try again."
        ) from None


def may_retry(job: Job, user: User) -> bool:
    """Tell whether a button for it is of use."""
    if job.run.is_active or job.run.status == job.run.Status.SUCCEEDED:
        return False
    try:
        job.kind.may_retry(job.run, user)
    except Exception:  # of any kind: it says why when the job is asked for
        return False
    return True
