"""Settling a restored database before anybody uses it: nothing in it goes on by itself."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps
from django.utils import timezone

from annotations.models import PictureCleaning
from annotations.withdrawal.models import Withdrawal
from facsweb.jobs.models import Run
from facsweb.webhooks.models import Delivery
from training.models import MlflowDelivery

#: What was asked for to protect people is done, as soon as a worker runs.
_PROTECT_PEOPLE = {Withdrawal, PictureCleaning}
_AGAIN = "when the backup of {at:%Y-%m-%d %H:%M} UTC was made, and didn't go on: ask for it again."


def settle(made_at: datetime) -> list[str]:
    """End what was in progress when the backup was made; return what that was, in words.

    A worker of another machine may have ended it since; and a restored copy that told webhooks what
    the first machine has told already would be worse than silence.
    """
    told = []
    for model in apps.get_models():
        if issubclass(model, Run):
            told += _go_on(model) if model in _PROTECT_PEOPLE else _end(model, made_at)
    waiting = Delivery.objects.filter(status=Delivery.Status.WAITING).update(
        status=Delivery.Status.GIVEN_UP, error="The machine was restored from a backup."
    )
    waiting += MlflowDelivery.objects.filter(status=MlflowDelivery.Status.WAITING).update(
        status=MlflowDelivery.Status.GIVEN_UP, error="The machine was restored from a backup."
    )
    if waiting:
        told.append(f"{waiting:,} messages to webhooks and MLflow weren't sent again.")
    return told


def _go_on(model: type[Run]) -> list[str]:
    for run in model.objects.filter(status=Run.Status.RUNNING):
        run.hand_back("The machine was restored from a backup.")
    waiting = model.objects.filter(status=Run.Status.QUEUED).count()
    if not waiting:
        return []
    name = model._meta.verbose_name if waiting == 1 else model._meta.verbose_name_plural
    return [f"{waiting:,} {name} will go on when a worker runs."]


def _end(model: type[Run], made_at: datetime) -> list[str]:
    told = []
    for status, word in ((Run.Status.RUNNING, "It ran"), (Run.Status.QUEUED, "It waited")):
        # A run that a migration asked for, a moment ago, is to be done.
        ended = model.objects.filter(status=status, created_at__lte=made_at).update(
            status=Run.Status.FAILED,
            error=f"{word} {_AGAIN.format(at=made_at)}",
            finished_at=timezone.now(),
            eta_seconds=None,
        )
        if ended:
            name = model._meta.verbose_name if ended == 1 else model._meta.verbose_name_plural
            told.append(f"{ended:,} {name} that {word[3:]} at the backup ended as failed.")
    return told
