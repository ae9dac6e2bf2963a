"""Health of the queues: what waits, for how long, and whose worker is silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Now

from facsweb.jobs.heartbeat import QUEUES
from facsweb.jobs.models import Run, kinds_of_run


@dataclass(frozen=True)
class QueueHealth:
    """One queue, by the database's clock.

    Attributes
    ----------
    waiting, running
        Runs of all kinds that go through it.
    oldest_waiting_seconds
        How long the run has waited that waits for longest; None where none waits.
    oldest_heartbeat_seconds
        How long ago the most silent worker of a running run was heard; None where none runs.
    """

    queue: str
    waiting: int = 0
    running: int = 0
    oldest_waiting_seconds: float | None = None
    oldest_heartbeat_seconds: float | None = None


def queue_health() -> list[QueueHealth]:
    """Return how each queue is, by one query for each kind of run."""
    told = {queue: QueueHealth(queue) for queue in QUEUES}
    for model in kinds_of_run():
        told[model.queue] = _with(told[model.queue], _read(model))
    return list(told.values())


def _read(model: type[Run]) -> dict[str, Any]:
    queued, running = Q(status=Run.Status.QUEUED), Q(status=Run.Status.RUNNING)
    return model.objects.active().aggregate(
        now=Max(Now()),
        waiting=Count("pk", filter=queued),
        running=Count("pk", filter=running),
        since=Min("queued_at", filter=queued),
        heard=Min("heartbeat_at", filter=running),
    )


def _with(known: QueueHealth, read: dict[str, Any]) -> QueueHealth:
    return QueueHealth(
        known.queue,
        known.waiting + read["waiting"],
        known.running + read["running"],
        _longer(known.oldest_waiting_seconds, read["since"], read["now"]),
        _longer(known.oldest_heartbeat_seconds, read["heard"], read["now"]),
    )


def _longer(known: float | None, since: datetime | None, now: datetime | None) -> float | None:
    if since is None or now is None:
        return known
    return max(known or 0.0, (now - since).total_seconds())
