"""Linear experts: class-balanced logistic regression on one kind of features.

On a few hundred faces it is hard to beat where labels are noisy: convex, with nothing to stop
early. The dense heads learn what it can't; a mixture of both is chosen on faces out of fold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.probabilities import Outputs

Array = NDArray[np.float64]

#: A floor under each feature's variance, as a share of the mean one: a feature that hardly ever
#: moves would otherwise shout.
VARIANCE_FLOOR = 0.05
_NEVER = -20.0  # the logit of a class that no training face shows


@dataclass(frozen=True)
class LinearExpert:
    """Logits of emotions and action units: ``(x - mean) @ kernel + bias``.

    Attributes
    ----------
    mean
        (d,) mean of the training features.
    kernel, bias
        (d, 18) and (18,): three emotions, then 15 action units.
    """

    mean: Array
    kernel: Array
    bias: Array

    def __call__(self, features: NDArray[np.float32], found: NDArray[np.float32] | None) -> Outputs:
        """Read features (n, d); where `found` (n, 1) is 0, read the average face instead."""
        centred = features - self.mean
        z = (centred if found is None else centred * found) @ self.kernel + self.bias
        classes = len(EMOTIONS)
        return Outputs(softmax(z[:, :classes], axis=1), expit(z[:, classes:]))

    def widened(self, width: int) -> LinearExpert:
        """Return the expert for features of which it sees the first `d` of `width` alone."""
        more = width - len(self.mean)
        return replace(
            self,
            mean=np.pad(self.mean, (0, more)),
            kernel=np.pad(self.kernel, ((0, more), (0, 0))),
        )


def fit_linear(
    features: NDArray[np.float32],
    emotions: NDArray[np.int64],
    units: NDArray[np.float32],
    strength: float,
) -> LinearExpert:
    """Fit class-balanced logistic regressions, one for emotions and one for each action unit.

    Parameters
    ----------
    features
        (n, d).
    emotions, units
        (n,) class numbers and (n, 15) presence, -1 where not coded.
    strength
        scikit-learn's C for features scaled to a mean square norm of 1.

    Returns
    -------
    LinearExpert
        A class that no face shows is never answered; a unit with too few positives or negatives
        is answered by its base rate.
    """
    if not len(features):
        width, outputs = features.shape[1], len(EMOTIONS) + len(MODEL_ACTION_UNITS)
        return LinearExpert(np.zeros(width), np.zeros((width, outputs)), np.zeros(outputs))
    x = features.astype(np.float64)
    mean, variance = x.mean(axis=0), x.var(axis=0)
    scale = np.sqrt(variance + VARIANCE_FLOOR * variance.mean() + 1e-6) * np.sqrt(x.shape[1])
    rotated, back = _rotate((x - mean) / scale)
    columns = [_emotions(rotated, emotions, strength)]
    columns += [
        _unit(rotated, units[:, column], strength) for column in range(len(MODEL_ACTION_UNITS))
    ]
    kernel = np.concatenate([weights for weights, _ in columns], axis=1)
    bias = np.concatenate([intercept for _, intercept in columns])
    return LinearExpert(mean, (back @ kernel) / scale[:, None], bias)


def _rotate(z: Array) -> tuple[Array, Array]:
    """Return coordinates (n, r) of z (n, d) in its own row space, and the way back (d, r).

    A solution with an L2 penalty lies in that space, so nothing is lost, and r <= n << d.
    """
    values, vectors = np.linalg.eigh(z @ z.T)
    kept = values > 1e-9 * max(float(values[-1]), 1e-12)
    root = np.sqrt(values[kept])
    return vectors[:, kept] * root, (z.T @ vectors[:, kept]) / root


def _emotions(x: Array, targets: NDArray[np.int64], strength: float) -> tuple[Array, Array]:
    weights = np.zeros((x.shape[1], len(EMOTIONS)))
    bias = np.full(len(EMOTIONS), _NEVER)
    coded = targets >= 0
    known = np.unique(targets[coded])
    if len(known) < 2:
        bias[known] = 0.0
        return weights, (bias if len(known) else np.zeros(len(EMOTIONS)))
    fitted = _regression(strength).fit(x[coded], targets[coded])
    if len(known) == 2:  # scikit-learn gives the second class's logit alone
        weights[:, known[1]], bias[known] = fitted.coef_[0], (0.0, fitted.intercept_[0])
    else:
        weights[:, known], bias[known] = fitted.coef_.T, fitted.intercept_
    return weights, bias


def _unit(x: Array, targets: NDArray[np.float32], strength: float) -> tuple[Array, Array]:
    coded = targets >= 0
    positives, negatives = int((targets == 1).sum()), int((targets == 0).sum())
    if min(positives, negatives) < 2:  # nothing to tell apart: the base rate
        rate = (positives + 0.5) / (positives + negatives + 1)
        return np.zeros((x.shape[1], 1)), np.array([np.log(rate / (1 - rate))])
    fitted = _regression(strength).fit(x[coded], targets[coded])
    return fitted.coef_.T, fitted.intercept_


def _regression(strength: float) -> Any:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=300)
