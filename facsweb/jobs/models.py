"""The life of a long job, kept in the database: what imports, predictions and trainings share.

The row is the truth, not the message: a run is claimed by one conditional UPDATE, so two
deliveries of the same message do the work once. Times that decide who has a run are the
database's, read and written there: hosts' clocks differ.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, ClassVar, Self, TypeVar

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from facsweb.accounts.permissions import may_administer, may_decide
from facsweb.jobs.fence import unfenced
from facsweb.jobs.log import JobLog
from facsweb.jobs.signals import run_finished

logger = logging.getLogger(__name__)

#: A running row whose worker has not been heard of for this long is taken for dead.
LEASE = timedelta(seconds=120)
#: A run that has taken this many workers with it is given up.
MAX_DEATHS = 2
#: A queued run this old may have lost its message: the sweep looks whether the broker has it.
QUEUED_TOO_LONG = timedelta(seconds=30)


def send(task: str, pk: int, task_id: str | None = None) -> None:
    """Send the task named `task` with one id. An unreachable broker is logged, not raised."""
    try:
        current_app.send_task(task, [pk], task_id=task_id, retry=False)
        logger.info("%s(%s) is sent", task, pk)
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
        return self.filter(status=Run.Status.RUNNING, heartbeat_at__lt=Now() - LEASE)

    def to_look_after(self) -> Self:
        """Return queued runs whose message may be lost: nobody took them, and it is time."""
        asked = Q(look_again_at=None, queued_at__lt=Now() - QUEUED_TOO_LONG)
        return self.filter(asked | Q(look_again_at__lt=Now()), status=Run.Status.QUEUED)


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
    #: Since when it waits, by the database's clock.
    queued_at = models.DateTimeField(db_default=Now(), editable=False)
    #: When the sweep looks after its message again; null: not yet done.
    look_again_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Counts messages sent again since it was queued, for growing pauses.
    resends = models.PositiveSmallIntegerField(default=0, editable=False)
    #: [{"at": ISO date, "text": ...}, ...], oldest first; see facsweb/jobs/log.py.
    log = models.JSONField(default=list, blank=True)
    #: Which worker has claimed it, by host and process; blank: unknown.
    worker = models.CharField(max_length=100, blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]
        # Few of a hundred thousand are under way, and every sweep asks for those.
        indexes = [
            models.Index(fields=["status"], name="%(class)s_status"),
            models.Index(fields=["-created_at", "-id"], name="%(class)s_newest"),
        ]

    LONGEST_WORKER: ClassVar[int] = 100
    #: How this worker ended the run, if it did: what it writes after that is still its own.
    ended_as: str = ""

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

    @property
    def message_id(self) -> str:
        """The id that every message of the run bears, by which the sweep finds it in the broker."""
        return f"{self._meta.label_lower}-{self.pk}"

    def enqueue(self) -> None:
        """Tell a worker; if the broker is down, the row stays queued and a sweep finds it."""
        send(self.task, self.pk, self.message_id)

    def claim(self, worker: str = "") -> bool:
        """Take the run for this worker. Returns False if another has it, or it has ended."""
        with transaction.atomic():
            claimed = self._queued().update(
                status=self.Status.RUNNING,
                started_at=Now(),
                heartbeat_at=Now(),
                look_again_at=None,
                resends=0,
                worker=worker,
                attempts=F("attempts") + 1,
            )
            if claimed:
                self.refresh_from_db()
                again = f", attempt {self.attempts}" if self.attempts > 1 else ""
                self._write_down(f"Begun by a worker{again}.")
        self.ended_as = ""
        return claimed == 1

    def report(
        self, *, stage: str, done: int, total: int, eta_seconds: float | None, **more: Any
    ) -> None:
        """Store progress, with values of what columns a kind of run has more; it is the heartbeat.

        A run that was ended or taken over meanwhile stays as it is.
        """
        self._tell(
            stage=stage,
            done=done,
            total=total,
            eta_seconds=eta_seconds,
            heartbeat_at=Now(),
            **more,
        )

    def beat(self) -> None:
        """Say that the worker is alive, with nothing new to tell."""
        self._tell(heartbeat_at=Now())

    def is_cancelled(self) -> bool:
        """Tell whether this worker must stop: the run was cancelled, handed back or taken over."""
        return not self.mine().filter(cancel_requested=False).exists()

    def is_mine(self) -> bool:
        """Tell whether this worker has the run still."""
        return self.mine().exists()

    def is_locked(self) -> bool:
        """Lock the row until the commit; tell whether this worker has the run, or has ended it."""
        allowed = [self.Status.RUNNING, *([self.ended_as] if self.ended_as else [])]
        row = type(self)._default_manager.select_for_update().order_by()
        mine = row.filter(pk=self.pk, attempts=self.attempts, status__in=allowed)
        return mine.values_list("pk", flat=True).first() is not None

    def hand_back(self, why: str = "Its worker stopped.", *, later: bool = False) -> bool:
        """Queue a running run again, as its worker stops. Returns False if it isn't ours any more.

        Parameters
        ----------
        why
            Is written to the log.
        later
            Whether the next sweep but one is to send it, because now it would fail again.
        """
        pause = Now() + QUEUED_TOO_LONG if later else None
        with transaction.atomic():
            return self._queue_again(self.mine(), why, look_again_at=pause)

    def take_from_the_dead(self, why: str, *, unless_heard: bool = True) -> bool:
        """Queue a running run again because its worker is gone, which is counted.

        Returns False if the worker was heard of meanwhile, or the run isn't running any more.

        Parameters
        ----------
        unless_heard
            Whether a heartbeat within the lease shows that the worker lives.
        """
        taken = self.mine()
        with transaction.atomic():
            return self._queue_again(
                taken.abandoned() if unless_heard else taken, why, deaths=F("deaths") + 1
            )

    def put_back(self, why: str) -> bool:
        """Queue a run that failed or was cancelled, to be tried anew. Returns False for others."""
        ended = type(self)._default_manager.filter(
            pk=self.pk, status__in=[self.Status.FAILED, self.Status.CANCELLED]
        )
        with transaction.atomic():
            return self._queue_again(
                ended, why, cancel_requested=False, error="", deaths=0, finished_at=None, done=0,
                total=0, stage="",
            )  # fmt: skip

    def mine(self) -> RunQuerySet[Run]:
        """Return a query of the row, as long as it is running by the claim that we know."""
        return type(self).objects.filter(
            pk=self.pk, status=self.Status.RUNNING, attempts=self.attempts
        )

    def finish(self, status: str, error: str = "") -> bool:
        """End a running run. Returns False if it had ended before: then nothing is published."""
        with transaction.atomic():
            finished = self._tell(status=status, error=error, finished_at=Now(), eta_seconds=None)
            if finished:
                self.ended_as = str(status)
                self._write_down(f"Ended: {status}.")  # why is in `error`, once
                run_finished.send(type(self), run=self, status=status)
        self.refresh_from_db()
        return finished == 1

    def request_cancel(self) -> None:
        """Cancel the run: a queued one ends at once, a running one when it looks next."""
        ended = self._queued().update(
            status=self.Status.CANCELLED, cancel_requested=True, finished_at=Now()
        )
        if not ended:
            type(self).objects.filter(pk=self.pk, status=self.Status.RUNNING).update(
                cancel_requested=True
            )
        self.refresh_from_db()

    def look_again(self, seconds: float, *, resent: bool = False) -> None:
        """Have the sweep look after the run's message in so many seconds, by its own clock."""
        self._queued().update(
            look_again_at=Now() + timedelta(seconds=seconds), resends=F("resends") + int(resent)
        )

    def _queued(self) -> RunQuerySet[Run]:
        return type(self).objects.filter(pk=self.pk, status=self.Status.QUEUED)

    def _tell(self, **values: Any) -> int:
        """Store values if the run is still ours, which the statement itself makes sure of."""
        with unfenced():
            return self.mine().update(**values)

    def _queue_again(self, rows: QuerySet[Run], why: str, **values: Any) -> bool:
        queued: dict[str, Any] = {
            "status": self.Status.QUEUED,
            "queued_at": Now(),
            "look_again_at": None,
            "resends": 0,
            "eta_seconds": None,
        }
        with unfenced():
            moved = rows.update(**(queued | values))
        if moved:
            self._write_down(why)
        return moved == 1

    def _write_down(self, text: str) -> None:
        """Add a line to the log of the row, which the caller's transaction has locked."""
        rows = type(self)._default_manager.filter(pk=self.pk)
        log = JobLog(rows.values_list("log", flat=True).get())
        log.write(text)
        with unfenced():
            rows.update(log=log.entries)
        self.log = log.entries


def kinds_of_run() -> list[type[Run]]:
    """Return every kind of run that the apps have."""
    return [model for model in apps.get_models() if issubclass(model, Run)]
