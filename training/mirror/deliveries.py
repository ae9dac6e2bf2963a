"""Deliveries to an MLflow server: queued with what they tell of, sent by a worker, tried again.

Whether the server answers is of no matter to a training or a promotion: both end as they would
without one, and the data worker sends later.
"""

from __future__ import annotations

import importlib.util
import logging
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from facsweb.jobs.models import Run, send
from inference.models import AliasMove
from training.models import MlflowDelivery, TrainingRun

logger = logging.getLogger(__name__)

TASK = "training.mirror.deliver"
#: The wait after the first failure, the second, and so on; after the last one is given up.
BACKOFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
#: A delivery under way for longer than sending can take: its worker died.
LEASE = timedelta(minutes=15)
_MOST_A_SWEEP = 20
_LONGEST_ERROR = 500
NOT_INSTALLED = (
    "MLFLOW_TRACKING_URI is set, but the package mlflow isn't installed, so nothing is sent: "
    "pip install -r requirements-mlflow.txt"
)


def is_wanted() -> bool:
    """Tell whether an MLflow server is named."""
    return bool(settings.MLFLOW_TRACKING_URI)


def is_installed() -> bool:
    return importlib.util.find_spec("mlflow") is not None


def queue_run(run: TrainingRun) -> None:
    """Have a worker send a run and its aliases, once the caller's transaction is committed.

    Nothing happens without a server or the package.
    """
    if is_wanted() and is_installed():
        row, _ = MlflowDelivery.objects.get_or_create(run=run, defaults={"next_attempt_at": Now()})
        transaction.on_commit(partial(send, TASK, row.pk))


def queue_aliases(**_: Any) -> None:
    """Have a worker send where the aliases stand, once the caller's transaction is committed."""
    if not (is_wanted() and is_installed()):
        return
    row = MlflowDelivery.objects.filter(
        run=None, status=MlflowDelivery.Status.WAITING, attempts=0
    ).first()
    row = row or MlflowDelivery.objects.create(next_attempt_at=Now())
    transaction.on_commit(partial(send, TASK, row.pk))


def on_alias_move(sender: type[AliasMove], **_: Any) -> None:
    """Queue the aliases, one of which moved."""
    queue_aliases()


def queue_everything() -> int:
    """Queue each training that succeeded and was never sent; return how many there are."""
    ended = TrainingRun.objects.filter(status=Run.Status.SUCCEEDED, version__isnull=False)
    again = MlflowDelivery.objects.filter(status=MlflowDelivery.Status.GIVEN_UP, run__isnull=False)
    again.update(status=MlflowDelivery.Status.WAITING, attempts=0, next_attempt_at=Now())
    for run in ended.filter(mlflow=None).order_by("pk"):
        queue_run(run)
    queue_aliases()  # also where no run is new
    return MlflowDelivery.objects.filter(
        run__isnull=False, status=MlflowDelivery.Status.WAITING
    ).count()


def due() -> QuerySet[MlflowDelivery]:
    """Return the deliveries whose time has come, runs before aliases."""
    return MlflowDelivery.objects.filter(
        status=MlflowDelivery.Status.WAITING, next_attempt_at__lte=Now()
    ).order_by(F("run").asc(nulls_last=True), "pk")


def send_due() -> None:
    """Have workers carry out what is due; for the sweep."""
    if is_wanted() and is_installed():
        for pk in due().values_list("pk", flat=True)[:_MOST_A_SWEEP]:
            send(TASK, pk)


def deliver(delivery_id: int) -> None:
    """Send one delivery that is due, and record the outcome. Does nothing for any other."""
    if not (is_wanted() and is_installed()):
        return
    claimed = (
        due()
        .order_by()
        .filter(pk=delivery_id)
        .update(next_attempt_at=Now() + LEASE, attempts=F("attempts") + 1)
    )
    if not claimed:
        return
    delivery = MlflowDelivery.objects.select_related("run").get(pk=delivery_id)
    from training.mirror import sending  # late: it imports MLflow, which the web has no need of

    try:
        sending.send_delivery(delivery)
    except Exception as error:  # of any kind: MLflow's, a connection's, a file's
        logger.warning("%s not sent: %s", delivery, type(error).__name__)
        _put_off(delivery, error)
        return
    _still_ours(delivery).update(
        status=MlflowDelivery.Status.DELIVERED, delivered_at=Now(), error=""
    )


def _still_ours(delivery: MlflowDelivery) -> QuerySet[MlflowDelivery]:
    """Return the row, unless another worker has it since our lease ended."""
    return MlflowDelivery.objects.filter(
        pk=delivery.pk, status=MlflowDelivery.Status.WAITING, attempts=delivery.attempts
    )


def _put_off(delivery: MlflowDelivery, error: Exception) -> None:
    result: dict[str, Any] = {"error": _without_secrets(f"{type(error).__name__}: {error}")}
    if delivery.attempts > len(BACKOFF):
        result |= {"status": MlflowDelivery.Status.GIVEN_UP}
    else:
        result |= {"next_attempt_at": Now() + BACKOFF[delivery.attempts - 1]}
    _still_ours(delivery).update(**result)


def _without_secrets(text: str) -> str:
    """Return an error without the password that the server's address may hold."""
    secret = urlsplit(settings.MLFLOW_TRACKING_URI).password
    return (text.replace(secret, "…") if secret else text)[:_LONGEST_ERROR]
