"""The losses of both heads, and the weights of rare labels in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS


def class_weights(targets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Weight emotions by the inverse root of their share.

    Parameters
    ----------
    targets
        (n,) class numbers, -1 where not coded.

    Returns
    -------
    NDArray
        (3,) weights; their mean over coded faces is 1. A class that no face shows weighs 0.

    Examples
    --------
    >>> [f"{weight:.2f}" for weight in class_weights(np.array([0, 0, 0, 0, 1]))]
    ['0.83', '1.67', '0.00']
    """
    counts = np.array([(targets == index).sum() for index in range(len(EMOTIONS))], dtype=float)
    weights = np.where(counts > 0, 1 / np.sqrt(np.maximum(counts, 1)), 0)
    mean = (weights * counts).sum() / max(counts.sum(), 1)
    result: NDArray[np.float32] = (weights / max(mean, 1e-9)).astype(np.float32)
    return result


def positive_weights(targets: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """Weight a present action unit against an absent one: the root of negatives / positives.

    Parameters
    ----------
    targets
        (n, u) 0 or 1, -1 where not coded.
    most
        The largest weight that a unit may have.

    Returns
    -------
    NDArray
        (u,) from 1 to `most`.

    Examples
    --------
    >>> positive_weights(np.array([[1], [0], [0], [0], [0]]), most=8.0).tolist()
    [2.0]
    """
    positives = (targets == 1).sum(axis=0)
    negatives = (targets == 0).sum(axis=0)
    ratio = np.sqrt(negatives / np.maximum(positives, 1))
    weights: NDArray[np.float32] = np.clip(ratio, 1, most).astype(np.float32)
    return weights


def masked_binary_crossentropy(weights: Any, smoothing: float) -> Callable[[Any, Any], Any]:
    """Return the loss of action units: the mean over those that are coded on a face.

    Parameters
    ----------
    weights
        (15,) how much a present unit weighs against an absent one; a tensor or a variable.
    smoothing
        0 to 1: how far targets are drawn towards a half.

    Returns
    -------
    callable
        Takes targets (n, 15), -1 where not coded, and probabilities (n, 15); returns (n,).
    """
    from keras import ops

    def loss(targets: Any, probabilities: Any) -> Any:
        coded = ops.cast(targets >= 0, "float32")
        truth = ops.clip(targets, 0, 1) * (1 - smoothing) + smoothing / 2
        p = ops.clip(probabilities, 1e-6, 1 - 1e-6)
        each = -(weights * truth * ops.log(p) + (1 - truth) * ops.log(1 - p))
        return ops.sum(each * coded, axis=-1) / ops.maximum(ops.sum(coded, axis=-1), 1.0)

    return loss
