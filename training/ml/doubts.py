"""Promises of a new model about its answers, and what was observed of them out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.projection import ALARMS, Projection
from training.ml.conformal import upper_limit
from training.ml.prediction_sets import (
    Answered,
    Rows,
    choose_cutoffs,
    folds_in_turn,
    observe_sets,
)
from training.ml.promise_figures import Promises, share_of


def promises_of(
    faces: Answered, known: Rows, fold_of: Rows, projection: Projection, sha256s: Sequence[str]
) -> Promises:
    """Return what a model promises of new people's faces, beside what was observed.

    Sets are measured on the test subjects' faces where there are any, else on each fold in turn,
    with cutoffs chosen on the others. So is the limit of the distance, always by folds.

    Parameters
    ----------
    faces
        n faces, read by parts of the model that never saw their subjects.
    known, fold_of
        (m,) those that the model learnt from, and their folds.
    projection
        By which new faces are compared with them.
    sha256s
        n digests of the pictures.
    """
    test = np.setdiff1d(np.arange(len(sha256s)), known)
    in_turn = ((known[others], known[judged]) for others, judged in folds_in_turn(fold_of))
    found = observe_sets(faces, [(known, test)] if len(test) else in_turn)
    rule = choose_cutoffs(faces[known])
    if rule.promises_anything:  # though too few may be left to see whether it is kept
        found = replace(found, coverage=rule.coverage)
    row_of = {sha256s[row]: place for place, row in enumerate(known)}
    rows = np.array([row_of[digest.decode()] for digest in projection.fitted])
    return _with_alarms(found, projection, faces.subjects[known][rows], fold_of[rows])


def _with_alarms(
    found: Promises, projection: Projection, subjects: NDArray[Any], fold_of: Rows
) -> Promises:
    """Add how often faces are called unlike those of other folds, by a limit chosen on those."""
    far, limit = projection.left_out, projection.limit
    if far is None or limit is None or not np.isfinite(limit):
        return found
    unlike = np.zeros(len(far), dtype=bool)
    for others, judged in folds_in_turn(fold_of):
        unlike[judged] = far[judged] > upper_limit(far[others], subjects[others], ALARMS)
    return replace(found, alarms=ALARMS, alarm=share_of(unlike, subjects))
