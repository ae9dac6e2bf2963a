"""The Celery application. Workers run it; the web process only sends messages through it."""

from __future__ import annotations

import os
import time
from typing import Any

from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import Celery
from celery.signals import (
    heartbeat_sent,
    task_failure,
    worker_init,
    worker_shutdown,
    worker_shutting_down,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
# `manage.py worker` has run Django's checks; in each worker they would load every page's code.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("facsweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_SECONDS_BETWEEN_SWEEPS = 30
_SECONDS_BETWEEN_TIDYINGS = 24 * 3600
_last_sweep = 0.0
_last_tidying: float | None = None


@heartbeat_sent.connect
def _on_heartbeat(sender: object, **kwargs: Any) -> None:
    """Say that this worker is there, and now and then look for lost runs."""
    from facsweb.jobs.heartbeat import say_alive  # here, not above: the apps must be loaded

    global _last_sweep
    queues = list(app.amqp.queues.consume_from)
    say_alive(queues)
    if time.monotonic() - _last_sweep >= _SECONDS_BETWEEN_SWEEPS:
        _last_sweep = time.monotonic()
        _sweep(queues)


@worker_shutting_down.connect
def _on_shutting_down(sender: object, **kwargs: Any) -> None:
    """Hand back what is under way: the next worker begins it anew, and at once."""
    from celery.worker import state

    from facsweb.jobs.models import kinds_of_run  # here, not above: the apps must be loaded

    kinds = {model.task: model for model in kinds_of_run()}
    for request in list(state.active_requests):
        if request.name in kinds:
            for run in kinds[request.name].objects.active().filter(pk=request.args[0]):
                if run.hand_back():
                    run.enqueue()


@task_failure.connect
def _on_failure(sender: Any, exception: BaseException, args: Any = (), **kwargs: Any) -> None:
    """Tell it in the run at once that a child was killed; the worker's main process hears of it.

    A child's own errors come here too, in the child; `run_job` has recorded them.
    """
    if not isinstance(exception, (TimeLimitExceeded, WorkerLostError)):
        return
    from django.db import connections

    # Here, not above: the apps must be loaded.
    from facsweb.jobs.models import kinds_of_run
    from facsweb.jobs.recovery import child_was_killed

    for model in kinds_of_run():
        told = args[0] if model.task == sender.name and args else None
        child_was_killed(model, told, by_limit=isinstance(exception, TimeLimitExceeded))
    connections.close_all()


@worker_init.connect
def _on_init(sender: object, **kwargs: Any) -> None:
    """Have PostgreSQL end the transactions of a stopped worker, whose locks others wait for."""
    from django.db.backends.signals import connection_created

    connection_created.connect(_bound_idle_transactions)


def _bound_idle_transactions(sender: object, connection: Any, **kwargs: Any) -> None:
    from facsweb.jobs.models import LEASE  # here, not above: the apps must be loaded

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, false)",
                [f"{int(LEASE.total_seconds())}s"],
            )


@worker_shutdown.connect
def _on_shutdown(sender: object, **kwargs: Any) -> None:
    from facsweb.jobs.heartbeat import say_goodbye  # here, not above: the apps must be loaded

    say_goodbye(list(app.amqp.queues.consume_from))


def _sweep(queues: list[str]) -> None:
    from django.db import connections

    # Here, not above: the apps must be loaded.
    from facsweb.jobs.models import kinds_of_run
    from facsweb.jobs.recovery import recover
    from facsweb.rest.old_answers import forget_old_answers
    from facsweb.webhooks.services import send_due
    from training.mirror.deliveries import send_due as send_due_to_mlflow

    for model in kinds_of_run():
        if model.queue in queues:
            recover(model)
    if "data" in queues:
        send_due()
        send_due_to_mlflow()
        forget_old_answers()
        _draw_thumbnails()
        _tidy_daily()
    connections.close_all()  # a child forked later must not share this process's connection


def _draw_thumbnails() -> None:
    """Have thumbnails made of faces that came in since, unless that waits to be done already."""
    # Here, not above: the apps must be loaded.
    from annotations.models import Face
    from facsweb.jobs.messages import waiting_messages

    if Face.objects.filter(has_thumbnails=False).exists():
        task = "annotations.transfers.tasks.draw_thumbnails"
        waiting = waiting_messages("data")
        if waiting is not None and task not in waiting:
            app.send_task(task, task_id=task, retry=False)


def _tidy_daily() -> None:
    """Have a worker delete what has reached its age, when this one has started and each day."""
    global _last_tidying
    now = time.monotonic()
    if _last_tidying is None or now - _last_tidying >= _SECONDS_BETWEEN_TIDYINGS:
        _last_tidying = now
        app.send_task("annotations.withdrawal.tasks.apply_retention", retry=False)
