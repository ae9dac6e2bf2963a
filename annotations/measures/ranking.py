"""Figures of scores, whatever the threshold: areas under curves, and the curves. No Django.

Each face has a weight, so that resamples of subjects are rows of weights (bootstrap.py): faces are
sorted once, and cumulative sums give the figure and all its resamples.

Shapes: n faces, r resamples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import Array
from annotations.measures.counts import divide

#: So many numbers at once: a resample of 100,000 faces is 0.8 MB.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Ranking:
    """Weights of the faces that show a thing and of those that don't, at or above each score.

    Attributes
    ----------
    thresholds
        (k,) distinct scores, the highest first.
    true, false
        (..., k) weight of the faces at or above each threshold that show it, and that don't.
    """

    thresholds: Array
    true: Array
    false: Array


def rank(scores: Array, positive: NDArray[np.bool_], weights: Array) -> Ranking:
    """Add up the weights of faces from the highest score down.

    Parameters
    ----------
    scores
        (n,) how sure the model is that the face shows it.
    positive
        (n,) whether it does.
    weights
        (..., n) of each face.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    last = np.flatnonzero(np.diff(falling, append=np.nan) != 0)  # of each run of equal scores
    taken, shows = weights[..., order], positive[order]
    return Ranking(
        falling[last],
        np.cumsum(taken * shows, axis=-1)[..., last],
        np.cumsum(taken * ~shows, axis=-1)[..., last],
    )


def roc_auc(ranking: Ranking) -> Array:
    """Return the area under the ROC curve: how often a face with it outscores one without it.

    Ties count half. NaN where only one kind of face has weight. As
    `sklearn.metrics.roc_auc_score`.

    Examples
    --------
    >>> float(roc_auc(rank(np.array([0.9, 0.6, 0.4]), np.array([True, False, True]), np.ones(3))))
    0.5
    """
    true, false = _from_zero(ranking.true), _from_zero(ranking.false)
    area = (np.diff(false) * (true[..., 1:] + true[..., :-1]) / 2).sum(axis=-1)
    return divide(area, true[..., -1] * false[..., -1])


def average_precision(ranking: Ranking) -> Array:
    """Return the mean precision over the steps of recall, not interpolated.

    NaN where no face that shows it has weight. As `sklearn.metrics.average_precision_score`. An
    answer by chance has the base rate.
    """
    true, found = ranking.true, ranking.true + ranking.false
    precision = np.nan_to_num(divide(true, found))
    return divide((np.diff(_from_zero(true)) * precision).sum(axis=-1), true[..., -1])


def resampled_areas(
    scores: Array,
    positive: NDArray[np.bool_],
    subject_rows: NDArray[np.int64],
    subject_weights: Array,
) -> tuple[Array, Array]:
    """Return both areas of the sample and of every resample.

    Parameters
    ----------
    scores, positive
        (n,) as `rank` takes them.
    subject_rows
        (n,) each face's column in `subject_weights`.
    subject_weights
        (1 + r, s) as bootstrap.py draws them.

    Returns
    -------
    tuple of Array
        ROC AUC (1 + r,) and average precision (1 + r,); NaN where undefined.
    """
    step = max(1, _AT_ONCE // max(len(scores), 1))
    areas: list[Any] = []
    for start in range(0, len(subject_weights), step):
        drawn = subject_weights[start : start + step]
        ranking = rank(scores, positive, drawn[:, subject_rows])
        areas.append((roc_auc(ranking), average_precision(ranking)))
    roc, precision = zip(*areas, strict=True)
    return np.concatenate(roc), np.concatenate(precision)


def _from_zero(sums: Array) -> Array:
    return np.concatenate([np.zeros((*sums.shape[:-1], 1)), sums], axis=-1)
