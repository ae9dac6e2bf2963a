"""An F1 estimated without labels, from calibrated probabilities: CBPE.

Where a probability of 0.7 is right seven times in ten, the hits, misses and false alarms to be
expected of some faces follow from their probabilities alone, and F1 from these. NannyML calls it
confidence-based performance estimation (Kivimaeki, Bialek, Nurminen & Kuberski 2025,
"Confidence-based estimators for predictive performance in model monitoring", JAIR 82). It holds
where pictures differ from the training's but labels mean the same; it can't see that a smile came
to mean something else, and is wrong by as much as the probabilities are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import (
    SEED,
    Array,
    Estimate,
    estimate_share,
    resampling_weights,
    sum_by_subject,
)
from annotations.measures.confusion import mean_of_defined
from annotations.measures.support import FEWEST_TO_TRUST


@dataclass(frozen=True)
class F1Estimates:
    """F1 of k columns, each with its interval by subject.

    Attributes
    ----------
    each
        k estimates.
    positives
        (k,) faces that show it: expected, or counted where the truth was given.
    macro
        The mean over the columns that at least FEWEST_TO_TRUST faces show; NaN where none does.
    """

    each: tuple[Estimate, ...]
    positives: Array
    macro: Estimate


def f1_by_chance(
    subjects: NDArray[np.str_],
    chance: Array,
    said: NDArray[np.bool_],
    *,
    one_of: bool = False,
    seed: int = SEED,
) -> F1Estimates:
    """Estimate F1 by the chance of each column to be true; given the truth, 0 or 1, measure it.

    In every resample subjects are drawn, and labels by their chances: the interval is of what would
    be measured.

    Parameters
    ----------
    subjects
        (n,) each face's subject, at least one.
    chance
        (n, k) calibrated probabilities, or 0 and 1; NaN where unknown.
    said
        (n, k) what the model answers.
    one_of
        Whether columns exclude one another, as classes do: then `macro` is over all of them.
    seed
        Seed of the draws.

    Examples
    --------
    Ten faces on which a unit is found with probability 0.8, ten with 0.1 on which it isn't: 8 hits,
    2 false alarms and 1 miss are to be expected.

    >>> chance = np.repeat([[0.8], [0.1]], 10, axis=0)
    >>> found = f1_by_chance(np.arange(20).astype(str), chance, chance > 0.5)
    >>> round(found.each[0].value, 3), round(float(found.positives[0]), 3)
    (0.842, 9.0)
    """
    known = ~np.isnan(chance)
    true, answered = np.where(known, chance, 0.0), said & known
    names, own = np.unique(subjects, return_inverse=True)
    weights = resampling_weights(len(names), seed=seed)[:, own]
    hits, positives = weights @ (true * answered), weights @ true
    rng = np.random.default_rng(seed)
    for row in range(1, len(weights)):
        drawn = _drawn(true, one_of, rng)
        hits[row], positives[row] = weights[row] @ (drawn & answered), weights[row] @ drawn
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = 2 * hits / (positives + weights @ answered)
    counted = np.ones(f1.shape[1], bool) if one_of else positives[0] >= FEWEST_TO_TRUST
    people = (sum_by_subject(subjects, true) > 0).sum(axis=0)
    return F1Estimates(
        tuple(estimate_share(f1[:, k], int(people[k])) for k in range(f1.shape[1])),
        positives[0],
        estimate_share(mean_of_defined(f1[:, counted]), len(names)),
    )


def _drawn(true: Array, one_of: bool, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw labels (n, k) by their chances."""
    if not one_of:
        return rng.random(true.shape) < true
    upper = true.cumsum(axis=1)
    point = rng.random((len(true), 1))
    return (point < upper) & (point >= upper - true)
