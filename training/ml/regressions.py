"""Class-balanced logistic regressions of both heads at once, on one set of coordinates.

They are those of scikit-learn's `LogisticRegression(C, class_weight="balanced")`, one for emotions
and one for each action unit. Fitted together each look at the coordinates serves all of them, and
in a scale in which their curvature is about the same, few looks are needed (L-BFGS: Liu & Nocedal
1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from annotations.facs import EMOTIONS

Array = NDArray[np.float64]

_NEVER = -20.0  # the logit of a class that no training face shows
_MOST_STEPS = 300
_CLOSE = 1e-8  # of the mean loss's slope, in the scale that the search goes by
_CURVATURE = 0.1  # of a face's loss, about


@dataclass(frozen=True)
class _Problem:
    """Columns of logits, and what they are to say.

    Attributes
    ----------
    classes
        The first columns are the logits of so many classes, of which a face shows one; 0 for none.
    truth
        (n, c) 0 or 1.
    weights
        (n, c) of each face's loss; a class's loss is weighted by its own column.
    """

    classes: int
    truth: Array
    weights: Array

    def loss(self, logits: Array) -> tuple[float, Array]:
        """Return the summed loss, and its slopes (n, c)."""
        k, slopes = self.classes, np.empty_like(logits)
        z, truth, weights = logits[:, k:], self.truth[:, k:], self.weights[:, k:]
        total = float((weights * (np.logaddexp(0, z) - truth * z)).sum())
        slopes[:, k:] = weights * (expit(z) - truth)
        if k:
            sure = logits[:, :k] - logsumexp(logits[:, :k], axis=1, keepdims=True)
            mine = self.truth[:, :k] * self.weights[:, :k]
            total -= float((mine * sure).sum())
            slopes[:, :k] = mine.sum(axis=1, keepdims=True) * np.exp(sure) - mine
        return total, slopes


def fit_columns(
    x: Array, emotions: NDArray[np.int64], units: NDArray[np.float32], strength: float
) -> tuple[Array, Array]:
    """Fit the regressions of both heads.

    Parameters
    ----------
    x
        (n, r) coordinates, orthogonal to one another.
    emotions, units
        (n,) class numbers and (n, u) presence, -1 where not coded.
    strength
        scikit-learn's C.

    Returns
    -------
    tuple of Array
        Weights (r, 3 + u) and biases (3 + u,). A class that no face shows is never answered; where
        there is nothing to tell apart the bias says the base rate.
    """
    count = len(EMOTIONS)
    weights = np.zeros((x.shape[1], count + units.shape[1]))
    bias = np.concatenate([np.zeros(count), _base_rates(units)])
    known = np.unique(emotions[emotions >= 0])
    if len(known):
        bias[:count] = _NEVER
        bias[known] = 0.0
    learnable = np.flatnonzero(_rarer(units) >= 2)
    columns = [*(count + learnable)]
    truth, shares = _balanced(units[:, learnable])
    classes = 0
    if len(known) >= 2:
        # Of two classes, the second's logit alone.
        told = known if len(known) > 2 else known[1:]
        shown = (emotions[:, None] == told).astype(float)
        own = np.where(emotions[:, None] >= 0, shown, -1)
        its_truth, its_shares = _balanced(own)
        classes = len(told) if len(told) > 1 else 0
        if classes:  # each class weighs as its faces do: n / (k * faces)
            coded = (emotions >= 0).sum()
            its_shares = np.broadcast_to(coded / (classes * shown.sum(axis=0)), shown.shape)
        columns = [*told, *columns]
        truth = np.concatenate([its_truth, truth], axis=1)
        shares = np.concatenate([its_shares, shares], axis=1)
    if columns:
        problem = _Problem(classes, truth, shares)
        weights[:, columns], bias[columns] = _solved(x, problem, strength)
    return weights, bias


def _rarer(units: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count the faces (u,) of a unit's rarer class."""
    rarer: NDArray[np.int64] = np.minimum((units == 1).sum(axis=0), (units == 0).sum(axis=0))
    return rarer


def _base_rates(units: NDArray[np.float32]) -> Array:
    positives, negatives = (units == 1).sum(axis=0), (units == 0).sum(axis=0)
    rates: Array = np.log((positives + 0.5) / (negatives + 0.5))
    return rates


def _balanced(targets: NDArray[np.floating]) -> tuple[Array, Array]:
    """Return truth and weights (n, u): both classes of a column weigh the same, uncoded nothing."""
    coded, present = targets >= 0, targets == 1
    faces, positives = coded.sum(axis=0), present.sum(axis=0)
    weights = np.where(present, faces / (2 * positives), faces / (2 * (faces - positives)))
    return present.astype(np.float64), weights * coded


def _solved(x: Array, problem: _Problem, strength: float) -> tuple[Array, Array]:
    """Return weights (r, c) and biases (c,) of the least loss."""
    count, (rows, width) = problem.truth.shape[1], x.shape
    scale = 1 / np.sqrt(1 + strength * _CURVATURE * np.append((x**2).sum(axis=0), rows))
    scale[-1] = 1 / np.sqrt(strength * _CURVATURE * rows)
    # One more column of ones, for the biases, which aren't drawn to zero.
    seen = np.concatenate([x, np.ones((rows, 1))], axis=1) * scale
    pull = np.append(scale[:-1] ** 2, 0)[:, None] / (strength * rows)

    def loss(flat: Array) -> tuple[float, Array]:
        found = flat.reshape(width + 1, count)
        total, slopes = problem.loss(seen @ found)
        drawn = pull * found
        whole = total / rows + float((drawn * found).sum()) / 2
        return whole, (seen.T @ slopes / rows + drawn).ravel()

    start = np.zeros((width + 1) * count)
    options = {"maxiter": _MOST_STEPS, "gtol": _CLOSE, "ftol": 0.0, "maxcor": 10}
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    best = best.reshape(width + 1, count) * scale[:, None]
    return best[:-1], best[-1]
