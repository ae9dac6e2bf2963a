"""Asking for a drift check, as the web process does."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from facsweb.problems import Problem
from inference.models import ModelVersion
from training.models import DriftCheck
from training.permissions import training_policy

#: Faces that "only the last" can be at most.
MOST_LAST = 1_000_000


class InvalidRange(Problem):
    code = "invalid_range"


def request_drift_check(
    version: ModelVersion,
    user: User,
    *,
    uploaded_from: datetime | None = None,
    uploaded_until: datetime | None = None,
    last: int | None = None,
) -> DriftCheck:
    """Ask a worker to compare faces that a version didn't learn from with those that it did.

    Where a check of the version waits or goes on that was asked for the same faces, that one is
    returned.

    Raises
    ------
    Forbidden
    InvalidRange
        The time ends before it begins.
    """
    training_policy.check(user, "check_drift")
    if uploaded_from and uploaded_until and uploaded_until < uploaded_from:
        raise InvalidRange(
            "The time ends before it begins: choose an end after the beginning.",
            {"uploaded_until": ["Choose a later time."]},
        )
    asked = {"uploaded_from": uploaded_from, "uploaded_until": uploaded_until, "last": last}
    same = DriftCheck.objects.active().filter(version=version, **asked).first()
    if same is not None:
        return same
    check = DriftCheck.objects.create(version=version, requested_by=user, **asked)
    transaction.on_commit(check.enqueue)
    return check


def cancel_drift_check(check: DriftCheck, user: User) -> None:
    training_policy.check(user, "check_drift")
    check.request_cancel()
