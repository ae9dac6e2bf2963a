"""Probabilities that mean what they say: temperature scaling and Platt scaling.

Guo et al., On Calibration of Modern Neural Networks (ICML 2017); Platt (1999).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax

from annotations.measures.support import FEWEST_TO_USE

Array = NDArray[np.float64]

TINY = 1e-6
_LEAST_SLOPE = 0.1
_BINS = 10
_MOST_STEPS = 50


def logit(probabilities: Array) -> Array:
    """Return log(p / (1 - p)), finite also for 0 and 1.

    >>> logit(np.array([0.5])).tolist()
    [0.0]
    """
    p = np.clip(probabilities, TINY, 1 - TINY)
    result: Array = np.log(p) - np.log1p(-p)
    return result


def heated(probabilities: Array, temperature: float) -> Array:
    """Return class probabilities after softmax(log p / T); the order of classes stays.

    Source: Guo et al. (2017), *On Calibration of Modern Neural Networks*.

    Parameters
    ----------
    probabilities
        (n, k).
    temperature
        T: above 1 makes them less sure, below 1 more sure.

    Examples
    --------
    >>> heated(np.array([[0.8, 0.2]]), 2.0).round(3).tolist()
    [[0.667, 0.333]]
    """
    logits = np.log(np.maximum(probabilities, TINY)) / temperature
    result: Array = softmax(logits, axis=1)
    return result


def fit_temperature(probabilities: Array, targets: NDArray[np.int64]) -> tuple[float, float]:
    """Choose the temperature with the least loss.

    Parameters
    ----------
    probabilities
        (n, k) of classes.
    targets
        (n,) class numbers, all coded.

    Returns
    -------
    tuple of float
        Temperature, from 0.2 to 5, and the mean negative log likelihood at it.
    """

    def loss(temperature: float) -> float:
        p = heated(probabilities, temperature)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(p, TINY)).mean())

    best = minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded")
    return float(best.x), float(best.fun)


def fit_platt(probabilities: Array, targets: NDArray[np.float32]) -> tuple[float, float]:
    """Fit a line on the logit of one action unit's probability.

    Where few faces show the unit, its slope stays near 1: half its squared distance from there is
    added to the loss. Source: Platt (1999), *Probabilistic Outputs for Support Vector Machines*.

    Parameters
    ----------
    probabilities
        (n,).
    targets
        (n,) 0 or 1, all coded.

    Returns
    -------
    tuple of float
        Slope and intercept; (1, 0) where positives or negatives are too few to fit.
    """
    positives = int((targets == 1).sum())
    if min(positives, len(targets) - positives) < FEWEST_TO_USE:
        return 1.0, 0.0
    slope, intercept = _line(logit(probabilities), targets.astype(np.float64))
    if slope < _LEAST_SLOPE:  # the probability says next to nothing; keep its order
        rate = positives / len(targets)
        middle = float(logit(probabilities).mean())
        return _LEAST_SLOPE, float(np.log(rate / (1 - rate))) - _LEAST_SLOPE * middle
    return slope, intercept


def _line(z: Array, targets: Array) -> tuple[float, float]:
    """Return the slope and intercept of the least loss, by Newton's method: there is one minimum.

    A tenth of the time of scikit-learn's regression, which can't draw a slope towards 1; a training
    fits thousands.
    """

    def loss(line: Array) -> float:
        s = line[0] * z + line[1]
        return float((np.logaddexp(0, s) - targets * s).sum() + (line[0] - 1) ** 2 / 2)

    line = np.array([1.0, 0.0])
    now = loss(line)
    for _ in range(_MOST_STEPS):
        p = expit(line[0] * z + line[1])
        off, weight = p - targets, p * (1 - p)
        gradient = np.array([off @ z + line[0] - 1, off.sum()])
        across = weight @ z
        curvature = np.array([[weight @ z**2 + 1, across], [across, weight.sum() + TINY]])
        step = np.linalg.solve(curvature, gradient)
        while (after := loss(line - step)) > now and np.abs(step).max() > TINY:
            step = step / 2
        if now - after < TINY:
            break
        line, now = line - step, after
    return float(line[0]), float(line[1])


def calibration_error(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: 0 is perfect, 1 the worst.

    |share right - mean confidence| over ten bins of equal width, weighted by their faces. Source:
    Guo et al. (2017), *On Calibration of Modern Neural Networks*.

    Parameters
    ----------
    confidence
        (n,) probabilities of what was answered.
    right
        (n,) whether it was right.

    Examples
    --------
    Always 0.75 sure, and right three times out of four:

    >>> calibration_error(np.full(4, 0.75), np.array([True, True, True, False]))
    0.0
    """
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        gap = right[inside].mean() - confidence[inside].mean()
        error += abs(float(gap)) * float(inside.mean())
    return error
