"""Probabilities that mean what they say: temperature scaling and Platt scaling.

Guo et al., On Calibration of Modern Neural Networks (ICML 2017); Platt (1999).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from annotations.measures.support import FEWEST_TO_USE

Array = NDArray[np.float64]

TINY = 1e-6
_LEAST_SLOPE = 0.1
_BINS = 10


def logit(probabilities: Array) -> Array:
    p = np.clip(probabilities, TINY, 1 - TINY)
    result: Array = np.log(p) - np.log1p(-p)
    return result


def heated(probabilities: Array, temperature: float) -> Array:
    """Class probabilities (n, k) after softmax(log p / T); the order of classes stays."""
    logits = np.log(np.maximum(probabilities, TINY)) / temperature
    result: Array = softmax(logits, axis=1)
    return result


def fit_temperature(probabilities: Array, targets: NDArray[np.int64]) -> tuple[float, float]:
    """(temperature, mean negative log likelihood at it) for classes `targets` (n,), all coded."""

    def loss(temperature: float) -> float:
        p = heated(probabilities, temperature)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(p, TINY)).mean())

    best = minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded")
    return float(best.x), float(best.fun)


def fit_platt(probabilities: Array, targets: NDArray[np.float32]) -> tuple[float, float]:
    """(slope, intercept) on the logit of one action unit's probability (n,), all coded.

    With too few positives or negatives there is nothing to fit by: (1, 0).
    """
    positives = int((targets == 1).sum())
    if min(positives, len(targets) - positives) < FEWEST_TO_USE:
        return 1.0, 0.0
    fitted = LogisticRegression(C=1.0).fit(logit(probabilities)[:, None], targets)
    slope = float(fitted.coef_[0, 0])
    if slope < _LEAST_SLOPE:  # the probability says next to nothing; keep its order
        rate = positives / len(targets)
        middle = float(logit(probabilities).mean())
        return _LEAST_SLOPE, float(np.log(rate / (1 - rate))) - _LEAST_SLOPE * middle
    return slope, float(fitted.intercept_[0])


def calibration_error(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Expected calibration error (Guo et al. 2017): |share right - mean confidence| over ten bins
    of equal width, weighted by their faces; 0 is perfect, 1 the worst."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        gap = right[inside].mean() - confidence[inside].mean()
        error += abs(float(gap)) * float(inside.mean())
    return error
