"""Linear experts: class-balanced logistic regression on one kind of features.

On a few hundred faces it is hard to beat where labels are noisy: convex, with nothing to stop
early. The dense heads learn what it can't; a mixture of both is chosen on faces out of fold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.probabilities import Outputs
from training.ml.regressions import fit_columns

Array = NDArray[np.float64]

#: A floor under each feature's variance, as a share of the mean one: a feature that hardly ever
#: moves would otherwise shout.
VARIANCE_FLOOR = 0.05
#: Eigenvalues below this share of the largest are what is left of rounding to 32 bits.
_ROUNDING = 1e-7


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
        The regressions' C, for features scaled to a mean square norm of 1.

    Returns
    -------
    LinearExpert
        A class that no face shows is never answered; a unit with too few positives or negatives
        is answered by its base rate.
    """
    if not len(features):
        width, outputs = features.shape[1], len(EMOTIONS) + len(MODEL_ACTION_UNITS)
        return LinearExpert(np.zeros(width), np.zeros((width, outputs)), np.zeros(outputs))
    mean, variance = features.mean(axis=0, dtype=np.float64), features.var(axis=0)
    scale = np.sqrt(variance + VARIANCE_FLOOR * variance.mean() + 1e-6) * np.sqrt(len(variance))
    z = (features - mean.astype(np.float32)) * (1 / scale).astype(np.float32)
    rotated, back = _rotate(z)
    weights, bias = fit_columns(rotated, emotions, units, strength)
    kernel = z.T @ (back @ weights).astype(np.float32)
    return LinearExpert(mean, kernel.astype(np.float64) / scale[:, None], bias)


def _rotate(z: NDArray[np.float32]) -> tuple[Array, Array]:
    """Return coordinates (n, r) of z (n, d) in its own row space, and a way back (n, r) to z's.

    A solution with an L2 penalty lies in that space, so nothing is lost, and r <= n << d: where
    w is one in these coordinates, z.T @ (back @ w) is the same in those of z.
    """
    values, vectors = np.linalg.eigh((z @ z.T).astype(np.float64))
    kept = values > _ROUNDING * max(float(values[-1]), 1e-12)
    root = np.sqrt(values[kept])
    return vectors[:, kept] * root, vectors[:, kept] / root
