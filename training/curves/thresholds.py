"""Asking for a version with other thresholds, as the web process does."""

from __future__ import annotations

import math
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.facs import MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_TRUST
from facsweb.problems import Conflict, Problem
from inference.models import ModelVersion
from inference.registry import LONGEST_REASON, InvalidReason, check_reads_pictures
from training.models import TrainingRun
from training.permissions import training_policy
from training.runs.services import TrainingBusy
from training.selectors import run_of


class InvalidThresholds(Problem):
    code = "invalid_thresholds"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"thresholds": [detail]})


class NoCurves(Conflict):
    code = "no_curves"


class SameThresholds(Conflict):
    code = "same_thresholds"


def threshold_of(version: ModelVersion, au: int) -> float:
    """Return the probability from which on a version finds an action unit."""
    known: dict[str, float] = version.manifest.get("thresholds", {})
    return known.get(str(au), 0.5)


def request_thresholds(
    user: User, version: ModelVersion, thresholds: Mapping[int, float], reason: str
) -> TrainingRun:
    """Queue a run that makes a version with the same network and other thresholds.

    Parameters
    ----------
    thresholds
        Action unit -> the probability from which on it is found, 0.01 to 0.99 in hundredths;
        units that are left out keep theirs.
    reason
        Why, in the user's words: the history keeps it.

    Raises
    ------
    Forbidden
    ModelOutdated
        Its worker couldn't load it.
    InvalidThresholds
        One is no threshold, none differs from the version's, or too few faces show a unit.
    InvalidReason
    NoCurves
        The figures aren't there by which one chooses.
    SameThresholds
        A version with this network and these thresholds exists.
    TrainingBusy
    """
    training_policy.check(user, "set_thresholds")
    check_reads_pictures(version)
    changed = _changed(version, thresholds)
    made = _measured(version, changed)
    reason = _reason(reason)
    _refuse_known(version, changed)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                requested_by=user,
                config=made.config,
                parent=version,
                thresholds={str(au): threshold for au, threshold in changed.items()},
                reason=reason,
            )
    except IntegrityError:
        raise TrainingBusy(
            "A training is queued or running, and thresholds are stored by the same worker. Wait "
            "for it, or cancel it."
        ) from None
    transaction.on_commit(run.enqueue)
    return run


def _changed(version: ModelVersion, thresholds: Mapping[int, float]) -> dict[int, float]:
    for au, threshold in thresholds.items():
        if au not in MODEL_ACTION_UNITS:
            raise InvalidThresholds(f"The model knows no action unit {au}.")
        in_range = math.isfinite(threshold) and 0.01 <= threshold <= 0.99
        if not in_range or round(threshold, 2) != threshold:
            raise InvalidThresholds(
                f"AU{au}: a threshold is a number of hundredths from 0.01 to 0.99."
            )
    changed = {
        au: threshold
        for au, threshold in sorted(thresholds.items())
        if threshold != threshold_of(version, au)
    }
    if not changed:
        raise InvalidThresholds(f"These are the thresholds of {version} already.")
    return changed


def _measured(version: ModelVersion, changed: Mapping[int, float]) -> TrainingRun:
    made = run_of(version)
    measured = made.curve_figures if made else None
    if made is None or measured is None:
        raise NoCurves(f"{version} has no curves to choose thresholds by.")
    _, curves = measured.to_choose_by
    for au in changed:
        figures = curves.units.get(au)
        if figures is None or not figures.enough:
            count = figures.positives if figures else 0
            raise InvalidThresholds(
                f"AU{au}: too few to say. {count} faces show it, of at least {FEWEST_TO_TRUST}."
            )
    return made


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        told = f"Say why, in at most {LONGEST_REASON} characters: the history keeps it."
        raise InvalidReason(told, {"reason": [told]})
    return reason


def _refuse_known(version: ModelVersion, changed: Mapping[int, float]) -> None:
    wanted = version.manifest.get("thresholds", {}) | {
        str(au): threshold for au, threshold in changed.items()
    }
    network = version.manifest.get("network_sha256")
    manifests = ModelVersion.objects.values_list(
        "name", "manifest__network_sha256", "manifest__thresholds"
    )
    for name, its_network, its_thresholds in manifests:
        if its_network == network and its_thresholds == wanted:
            raise SameThresholds(f"{name} has this network and these thresholds.")
