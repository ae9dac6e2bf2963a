"""The life of a long job, kept in the database: what imports, predictions and trainings share.

The row is the truth, not the message: a run is claimed by one conditional UPDATE, so two
deliveries of the same message do the work once.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, ClassVar, Self, TypeVar

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from facsweb.accounts.permissions import may_administer, may_decide
from facsweb.jobs.signals import run_finished

logger = logging.getLogger(__name__)

#: A running row whose worker has not been heard of for this long is taken for dead.
LEASE = timedelta(seconds=120)
#: A run that has taken this many workers with it is given up.
MAX_DEATHS = 2


def send(task: str, pk: int) -> None:
    """Send the task named `task` with one id. An unreachable broker is logged, not raised."""
    try:
        current_app.send_task(task, [pk], retry=False)
    except OperationalError as error:
        logger.warning("%s(%s) not sent, the broker is away: %s", task, pk, error)


_Run_co = TypeVar("_Run_co", bound="Run", covariant=True)


class RunQuerySet(QuerySet[_Run_co]):
    def asked_by(self, user: User) -> Self:
        """Return all runs for an admin, a reviewer's own, and none for anybody else."""
        if may_administer(user):
            return self
        return self.filter(requested_by=user) if may_decide(user) else self.none()

    def active(self) -> Self:
        return self.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING])

    def abandoned(self) -> Self:
        """Return running runs that are silent for longer than the lease: their worker died."""
        return self.filter(status=Run.Status.RUNNING, heartbeat_at__lt=timezone.now() - LEASE)


class Run(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    #: The Celery task that carries it out, by name, and the queue which that is routed to.
    task: ClassVar[str]
    queue: ClassVar[str]
    #: The name under which its end is told outside of the house; blank: it isn't.
    event: ClassVar[str] = ""

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    cancel_requested = models.BooleanField(default=False)
    #: Counts the claims, so that a worker knows whether the run is still its own.
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Workers that died on it. An orderly stop isn't a death.
    deaths = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=32, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    eta_seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]

    @property
    def is_active(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 0

    @property
    def seconds(self) -> float | None:
        if self.started_at is None:
            return None
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    def enqueue(self) -> None:
        """Tell a worker; if the broker is down, the row stays queued and a sweep finds it."""
        send(self.task, self.pk)

    def claim(self) -> bool:
        """Take the run for this worker. Returns False if another has it, or it has ended."""
        now = timezone.now()
        claimed = (
            type(self)
            .objects.filter(pk=self.pk, status=self.Status.QUEUED)
            .update(
                status=self.Status.RUNNING,
                started_at=now,
                heartbeat_at=now,
                attempts=F("attempts") + 1,
            )
        )
        if claimed:
            self.refresh_from_db()
        return claimed == 1

    def report(
        self, *, stage: str, done: int, total: int, eta_seconds: float | None, **more: Any
    ) -> None:
        """Store progress, with values of what columns a kind of run has more; it is the heartbeat.

        A run that was ended or taken over meanwhile stays as it is.
        """
        self._mine().update(
            stage=stage,
            done=done,
            total=total,
            eta_seconds=eta_seconds,
            heartbeat_at=timezone.now(),
            **more,
        )

    def beat(self) -> None:
        """Say that the worker is alive, with nothing new to tell."""
        self._mine().update(heartbeat_at=timezone.now())

    def is_cancelled(self) -> bool:
        """Tell whether this worker must stop: the run was cancelled, handed back or taken over."""
        return not self._mine().filter(cancel_requested=False).exists()

    def hand_back(self, *, died: bool = False) -> None:
        """Queue a running run again: its worker stops, or is taken for dead."""
        self._mine().update(
            status=self.Status.QUEUED, eta_seconds=None, deaths=F("deaths") + int(died)
        )

    def _mine(self) -> RunQuerySet[Run]:
        """Return a query of the row, as long as it is running by the claim that we know."""
        return type(self).objects.filter(
            pk=self.pk, status=self.Status.RUNNING, attempts=self.attempts
        )

    def finish(self, status: str, error: str = "") -> bool:
        """End a running run. Returns False if it had ended before: then nothing is published."""
        with transaction.atomic():
            finished = self._mine().update(
                status=status, error=error, finished_at=timezone.now(), eta_seconds=None
            )
            if finished:
                run_finished.send(type(self), run=self, status=status)
        self.refresh_from_db()
        return finished == 1

    def request_cancel(self) -> None:
        """Cancel the run: a queued one ends at once, a running one when it looks next."""
        ended = (
            type(self)
            .objects.filter(pk=self.pk, status=self.Status.QUEUED)
            .update(status=self.Status.CANCELLED, cancel_requested=True, finished_at=timezone.now())
        )
        if not ended:
            type(self).objects.filter(pk=self.pk, status=self.Status.RUNNING).update(
                cancel_requested=True
            )
        self.refresh_from_db()
