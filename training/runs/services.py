"""Requesting and cancelling trainings, as the web process does."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from facsweb.problems import Conflict, Problem
from inference.models import ModelVersion
from inference.registry import champion
from training.ml.config import ConfigError, TrainingConfig
from training.models import TrainingRun
from training.permissions import training_policy
from training.selectors import run_of


class TrainingBusy(Conflict):
    code = "training_busy"


class NothingToRepeat(Conflict):
    code = "nothing_to_repeat"


class InvalidConfig(Problem):
    code = "invalid_config"


def request_training(user: User, *, config: dict[str, Any] | None = None) -> TrainingRun:
    """Queue a training on all ground truth, one at a time: the machine has one trainer."""
    training_policy.check(user, "start")
    try:
        checked = TrainingConfig.from_json(config or {}).to_json()
    except ConfigError as error:
        raise InvalidConfig(str(error), {"config": [str(error)]}) from None
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(requested_by=user, config=checked, parent=champion())
    except IntegrityError:
        raise TrainingBusy(
            "A training is already queued or running. Wait for it, or cancel it."
        ) from None
    transaction.on_commit(run.enqueue)
    return run


def retrain(version: ModelVersion, user: User) -> TrainingRun:
    """Queue a training by a version's settings, on the ground truth as it stands now.

    Raises
    ------
    Forbidden
    NothingToRepeat
        Nothing is known of how it was trained.
    TrainingBusy
    """
    made = run_of(version)
    if made is None or made.thresholds is not None:
        made = run_of(made.parent) if made and made.parent else None
    if made is None:
        raise NothingToRepeat(
            f"Nothing is known of how {version} was trained. Start a training by itself."
        )
    return request_training(user, config=made.config)


def cancel_training(run: TrainingRun, user: User) -> None:
    training_policy.check(user, "cancel")
    run.request_cancel()
