"""Answers of a network, or of one of its experts, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS

Array = NDArray[np.float64]
_CHUNK = 512


@dataclass(frozen=True)
class Outputs:
    """Probabilities of n faces: emotion (n, 3), rows adding to 1, and units (n, 15)."""

    emotion: Array
    units: Array

    def __getitem__(self, rows: Any) -> Outputs:
        return Outputs(self.emotion[rows], self.units[rows])

    @staticmethod
    def empty(faces: int) -> Outputs:
        return Outputs(np.zeros((faces, len(EMOTIONS))), np.zeros((faces, len(MODEL_ACTION_UNITS))))

    def put(self, rows: NDArray[Any], part: Outputs) -> None:
        self.emotion[rows], self.units[rows] = part.emotion, part.units


def mixed(experts: Sequence[Outputs], emotion: Sequence[float], units: Sequence[float]) -> Outputs:
    """The experts' weighted mean; the weights of each head add to 1."""
    return Outputs(
        sum((w * e.emotion for w, e in zip(emotion, experts, strict=True)), np.zeros(())),
        sum((w * e.units for w, e in zip(units, experts, strict=True)), np.zeros(())),
    )


def outputs_of(heads: Any, features: Any) -> Outputs:
    """Ask Keras heads about `Features`. Called, not `predict`ed: that would trace a function anew
    for each fold's heads."""
    parts = [
        heads(features[first : first + _CHUNK].inputs(), training=False)
        for first in range(0, len(features), _CHUNK)
    ]
    return Outputs(
        *(
            np.concatenate([np.asarray(part[name], dtype=np.float64) for part in parts])
            for name in ("emotion", "action_units")
        )
    )
