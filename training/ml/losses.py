"""The losses of both heads, and the weights of rare labels in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from training.ml.config import TrainingConfig

Array = NDArray[np.float32]

_SURE = 1e-6  # probabilities are clipped to this in the loss


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


@dataclass(frozen=True)
class Loss:
    """The losses of both heads on m faces: categorical cross-entropy, and binary over coded units.

    Attributes
    ----------
    emotions
        (m, 3) one-hot, smoothed.
    emotion_weights
        (m,) 0 where none is coded.
    units
        (m, 15) 0 or 1, smoothed; anything where not coded.
    coded
        (m, 15) 1 over the number of units that are coded on the face, 0 where one isn't.
    unit_weights
        (15,) how much a present unit weighs.
    share
        How much the action units' loss counts.
    """

    emotions: Array
    emotion_weights: Array
    units: Array
    coded: Array
    unit_weights: Array
    share: float

    def __getitem__(self, rows: Any) -> Loss:
        return Loss(
            self.emotions[rows],
            self.emotion_weights[rows],
            self.units[rows],
            self.coded[rows],
            self.unit_weights,
            self.share,
        )

    @classmethod
    def of(
        cls,
        targets: tuple[dict[str, Any], dict[str, Any]],
        unit_weights: Array,
        config: TrainingConfig,
    ) -> Loss:
        """Prepare the losses of faces.

        Parameters
        ----------
        targets
            From `material.Targets`.
        unit_weights
            (15,) from `losses.positive_weights`.
        config
            Label smoothing, and the share of the action units.
        """
        truth, weights = targets
        smooth = config.label_smoothing
        coded = truth["action_units"] >= 0
        each = np.maximum(coded.sum(axis=1, keepdims=True), 1)
        return cls(
            (truth["emotion"] * (1 - smooth) + smooth / len(EMOTIONS)).astype(np.float32),
            weights["emotion"],
            (np.clip(truth["action_units"], 0, 1) * (1 - smooth) + smooth / 2).astype(np.float32),
            (coded / each).astype(np.float32),
            unit_weights,
            config.au_loss_weight,
        )

    def slopes(self, emotion: Array, units: Array) -> Array:
        """Return the gradients (m, 18) by the logits, of both heads' mean losses together."""
        count = np.float32(len(emotion))
        of_emotion = (emotion - self.emotions) * (self.emotion_weights / count)[:, None]
        inside = (units > _SURE) & (units < 1 - _SURE)
        each = (1 - self.units) * units - self.unit_weights * self.units * (1 - units)
        of_units = each * self.coded * inside * np.float32(self.share / count)
        return np.concatenate([of_emotion, of_units], axis=1)

    def sums(self, emotion: Array, units: Array) -> NDArray[np.float64]:
        """Return (6,) sums over the faces, which add up over batches.

        Both losses, emotions that are right, their weights, and twice the units that are rightly
        told present, with the units that are wrong.
        """
        said = -(self.emotions * np.log(np.maximum(emotion, _SURE))).sum(axis=1)
        p = np.clip(units, _SURE, 1 - _SURE)
        each = self.unit_weights * self.units * np.log(p) + (1 - self.units) * np.log(1 - p)
        right = emotion.argmax(axis=1) == self.emotions.argmax(axis=1)
        truth, present, coded = self.units >= 0.5, units >= 0.5, self.coded > 0
        return np.array(
            [
                (said * self.emotion_weights).sum(),
                -(each * self.coded).sum(),
                (right * self.emotion_weights).sum(),
                self.emotion_weights.sum(),
                2 * (coded & truth & present).sum(),
                (coded & (truth ^ present)).sum(),
            ],
            dtype=np.float64,
        )  # fmt: skip
