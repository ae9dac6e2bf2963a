"""Answers of a network, or of one of its experts, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS

Array = NDArray[np.float64]
_CHUNK = 512


@dataclass(frozen=True)
class Outputs:
    """Probabilities of n faces: emotion (n, 3), rows adding up to 1, and units (n, 15)."""

    emotion: Array
    units: Array

    def __getitem__(self, rows: Any) -> Outputs:
        return Outputs(self.emotion[rows], self.units[rows])

    @staticmethod
    def empty(faces: int) -> Outputs:
        """Return outputs for this many faces, all 0, to be filled in."""
        return Outputs(np.zeros((faces, len(EMOTIONS))), np.zeros((faces, len(MODEL_ACTION_UNITS))))

    def put(self, rows: NDArray[Any], part: Outputs) -> None:
        """Fill in some faces.

        Parameters
        ----------
        rows
            (m,) which of the n faces.
        part
            The outputs for these m.
        """
        self.emotion[rows], self.units[rows] = part.emotion, part.units


def mixed(
    experts: Mapping[str, Outputs], emotion: Mapping[str, float], units: Mapping[str, float]
) -> Outputs:
    """Return the experts' weighted mean.

    Parameters
    ----------
    experts
        Each expert's readings of n faces, by its name.
    emotion, units
        How much each expert counts for either head, by its name; they add up to 1. Experts without
        a weight aren't used.
    """
    return Outputs(
        sum((w * experts[name].emotion for name, w in emotion.items()), np.zeros(())),
        sum((w * experts[name].units for name, w in units.items()), np.zeros(())),
    )


def outputs_of(heads: Any, features: Any) -> Outputs:
    """Read faces with Keras heads.

    The heads are called, since their `predict` would trace a function anew for each fold's heads.

    Parameters
    ----------
    heads
        A Keras model with both heads.
    features
        `inference.ml.features.Features` of n faces.
    """
    parts = [
        heads(features[first : first + _CHUNK].inputs_of(heads), training=False)
        for first in range(0, len(features), _CHUNK)
    ]
    return Outputs(
        *(
            np.concatenate([np.asarray(part[name], dtype=np.float64) for part in parts])
            for name in ("emotion", "action_units")
        )
    )
