"""Predictions, and readings of training faces by parts that never saw their subjects.

A network's answer about its own training faces is worth nothing to somebody who looks for wrong
labels, so an artefact brings the out-of-fold readings along, by the pictures' digests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from annotations.facs.prediction_set import PredictionSet
from inference.ml.prediction_sets import SetRule

#: Every answer that a model gives, as one asks for it to be explained.
TARGETS = tuple(f"emotion:{name}" for name in EMOTIONS) + tuple(
    f"au:{au}" for au in MODEL_ACTION_UNITS
)


@dataclass(frozen=True)
class Prediction:
    """A model's reading of one face; probabilities are within 0 and 1."""

    emotion: str
    emotion_probabilities: dict[str, float]
    au_probabilities: dict[int, float]
    au_present: dict[int, bool]
    quality: Quality
    #: What the model can't exclude; None where it promises nothing.
    sets: PredictionSet | None = None


def predictions_of(
    emotion: NDArray[np.float64],
    units: NDArray[np.float64],
    present: NDArray[np.bool_],
    quality: Sequence[Quality],
    rule: SetRule | None = None,
) -> list[Prediction]:
    """Turn arrays into predictions.

    Parameters
    ----------
    emotion, units
        (n, 3) and (n, 15) probabilities, in the orders of `facs.EMOTIONS` and
        `facs.MODEL_ACTION_UNITS`.
    present
        (n, 15) decisions.
    quality
        The quality of n pictures.
    rule
        Makes prediction sets; None makes none.

    Returns
    -------
    list of Prediction
        n predictions; the emotion is the likeliest.
    """
    sets = rule.sets(emotion, units, present) if rule else [None] * len(emotion)
    return [
        Prediction(
            EMOTIONS[int(row.argmax())],
            dict(zip(EMOTIONS, map(float, row), strict=True)),
            dict(zip(MODEL_ACTION_UNITS, map(float, unit), strict=True)),
            dict(zip(MODEL_ACTION_UNITS, map(bool, here), strict=True)),
            Quality(verdict),
            possible,
        )
        for row, unit, here, verdict, possible in zip(
            emotion, units, present, quality, sets, strict=True
        )
    ]


@dataclass(frozen=True)
class Readings:
    """Readings of n pictures: sha256 (n,), emotion (n, 3), units (n, 15) and present (n, 15)."""

    sha256: NDArray[np.str_]
    emotion: NDArray[np.float32]
    units: NDArray[np.float32]
    present: NDArray[np.bool_]

    def save(self, path: Path) -> None:
        """Write the readings as a NumPy archive."""
        with path.open("wb") as stream:
            np.savez(
                stream, sha256=self.sha256, emotion=self.emotion, units=self.units,
                present=self.present,
            )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Readings:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{name: stored[name] for name in stored.files})

    def rows(self) -> dict[str, int]:
        """Return each picture's row by its sha256."""
        return {str(digest): row for row, digest in enumerate(self.sha256)}
