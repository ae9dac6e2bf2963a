"""The parts that read each fold's faces: they learnt from none of their subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.experts import Expert
from inference.ml.features import Features
from training.ml.linear import LinearExpert
from training.ml.linear_experts import linear_readings
from training.ml.mixture import Experts, Mixture
from training.ml.probabilities import Outputs, outputs_of


@dataclass(frozen=True)
class FoldModel:
    """The model that reads one fold's faces.

    Attributes
    ----------
    rows
        Which faces these are.
    dense
        Heads, of Keras.
    linear
        The linear experts by name; none of a recipe that mixes nothing.
    mixture
        Chosen on the other folds' faces.
    """

    rows: NDArray[np.int64]
    dense: Any
    linear: Mapping[Expert, LinearExpert]
    mixture: Mixture

    def read(self, features: Features) -> tuple[Outputs, NDArray[np.bool_]]:
        """Return calibrated probabilities of m faces, and decisions (m, 15).

        Parameters
        ----------
        features
            Of these faces or others.
        """
        given = features.references
        experts = Experts(
            {
                Expert.DENSE: outputs_of(self.dense, features),
                **linear_readings(self.linear, features),
            },
            None if given is None else given.compared[:, 0] > 0,
        )
        said = self.mixture(experts)
        return said, self.mixture.present(said.units)


def read_by_fold(
    folds: Sequence[FoldModel], features: Features
) -> tuple[Outputs, NDArray[np.bool_]]:
    """Read each fold's faces by its own model.

    Parameters
    ----------
    folds
        Those of a training.
    features
        Of the n faces of the training, such as by another trunk.

    Returns
    -------
    Outputs, NDArray
        Calibrated probabilities, and decisions (n, 15).
    """
    result = Outputs.empty(len(features))
    present = np.zeros_like(result.units, dtype=bool)
    for fold in folds:
        said, present[fold.rows] = fold.read(features[fold.rows])
        result.put(fold.rows, said)
    return result, present
