"""Figures for Prometheus: requests as web processes count them, work as the database has it.

Each web process counts in files under `var/metrics`, which the one that is asked adds up. The work
of workers stands in rows, and is read when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Avg, Count, F, Sum
from django.db.models.functions import Now
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from facsweb.jobs.heartbeat import QUEUES, worker_state
from facsweb.jobs.models import Run


def metrics_text() -> bytes:
    """Return all figures in Prometheus's text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has none
        counted = generate_latest(registry)
    else:
        counted = generate_latest(REGISTRY)
    stored = CollectorRegistry()
    stored.register(_Stored())
    return counted + generate_latest(stored)


class _Stored(Collector):
    """Figures of jobs and workers, in a few queries for each kind of job."""

    def collect(self) -> Iterator[Metric]:
        kinds = [model for model in apps.get_models() if issubclass(model, Run)]
        runs = GaugeMetricFamily(
            "facsweb_runs", "Jobs, by kind and status", None, _labels("status")
        )
        seconds = SummaryMetricFamily(
            "facsweb_job_seconds", "Seconds that ended jobs took", labels=_labels("status")
        )
        waiting: dict[str, list[float]] = {queue: [] for queue in QUEUES}
        silent: dict[str, list[float]] = {queue: [] for queue in QUEUES}
        for model in kinds:
            for status, number in _by_status(model):
                runs.add_metric([model._meta.label_lower, status], number)
            for status, number, total in _durations(model):
                seconds.add_metric([model._meta.label_lower, status], number, total)
            waiting.setdefault(model.queue, []).append(_oldest(model, "queued", "queued_at"))
            silent.setdefault(model.queue, []).append(_oldest(model, "running", "heartbeat_at"))
        yield runs
        yield seconds
        yield _by_queue("facsweb_queue_oldest_seconds", "Age of the oldest waiting job", waiting)
        yield _by_queue(
            "facsweb_heartbeat_oldest_seconds", "Silence of the running job silent longest", silent
        )
        yield from _workers()
        yield _predicted()


def _labels(*more: str) -> list[str]:
    return ["kind", *more]


def _by_status(model: type[Run]) -> Any:
    return model.objects.order_by().values_list("status").annotate(n=Count("pk"))


def _durations(model: type[Run]) -> Iterator[tuple[str, int, float]]:
    ended = model.objects.order_by().filter(started_at__isnull=False, finished_at__isnull=False)
    took = ended.annotate(took=F("finished_at") - F("started_at"))
    for status, number, mean in took.values_list("status").annotate(n=Count("pk"), s=Avg("took")):
        yield status, number, mean.total_seconds() * number


def _oldest(model: type[Run], status: str, column: str) -> float:
    """Return how many seconds ago the oldest time was, by the database's clock; 0 without any."""
    waiting = model.objects.filter(status=status, **{f"{column}__isnull": False})
    found = waiting.order_by(column).annotate(now=Now()).values_list(column, "now").first()
    return max(0.0, (found[1] - found[0]).total_seconds()) if found else 0.0


def _by_queue(name: str, text: str, values: dict[str, list[float]]) -> Metric:
    family = GaugeMetricFamily(name, f"{text}, in seconds", labels=["queue"])
    for queue, found in values.items():
        family.add_metric([queue], max(found, default=0.0))
    return family


def _workers() -> Iterator[Metric]:
    state = worker_state()
    yield GaugeMetricFamily("facsweb_broker_up", "Whether the broker answers", int(state.broker))
    alive = GaugeMetricFamily(
        "facsweb_worker_up", "Whether a worker says that it is there", labels=["queue"]
    )
    for queue in QUEUES:
        alive.add_metric([queue], int(queue in state.queues))
    yield alive


def _predicted() -> Metric:
    model = apps.get_model("inference", "InferenceRun")
    faces = model.objects.order_by().aggregate(n=Sum("done"))["n"] or 0
    return GaugeMetricFamily("facsweb_predictions", "Faces read by prediction runs", faces)
