"""The linear experts of a mixture, and their readings out of fold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.ml.experts import Expert
from training.ml.config import TrainingConfig
from training.ml.linear import LinearExpert, fit_linear
from training.ml.material import Material
from training.ml.probabilities import Outputs
from training.ml.progress import Watch

Rows = NDArray[np.int64]


def linear_out_of_fold(
    config: TrainingConfig, material: Material, fold_of: Rows, watch: Watch | None = None
) -> dict[str, Outputs]:
    """Read each fold's faces with linear experts that were fitted on all others.

    Parameters
    ----------
    config
        The strength of the regressions.
    material
        n faces.
    fold_of
        (n,) each face's fold.
    watch
        Hears of each fold, and is asked whether to stop.

    Returns
    -------
    dict
        Expert -> its probabilities of n faces.
    """
    appearance, landmarks = (Outputs.empty(len(fold_of)) for _ in range(2))
    folds = np.unique(fold_of)
    for number, fold in enumerate(folds):
        if watch:
            watch("linear experts", number, len(folds))
        rows = np.flatnonzero(fold_of == fold)
        fitted = linear_experts(config, material, np.flatnonzero(fold_of != fold))
        part = material.plain[rows]
        appearance.put(rows, fitted[Expert.APPEARANCE](part.appearance, None))
        landmarks.put(rows, fitted[Expert.LANDMARKS](part.geometry, part.found))
    return {Expert.APPEARANCE: appearance, Expert.LANDMARKS: landmarks}


def linear_experts(
    config: TrainingConfig, material: Material, rows: Rows
) -> dict[str, LinearExpert]:
    """Fit one expert on the first tap's appearance, one on the landmarks of the faces found.

    Parameters
    ----------
    config
        The strength of the regressions.
    material
        All faces.
    rows
        Which of them to learn from.
    """
    emotions, units = material.emotions[rows], material.units[rows]
    part = material.plain[rows]
    width = material.first_tap
    seen = fit_linear(part.appearance[:, :width], emotions, units, config.linear_strength)
    whole = np.zeros(part.appearance.shape[1])
    mean, kernel = whole.copy(), np.zeros((len(whole), seen.kernel.shape[1]))
    mean[:width], kernel[:width] = seen.mean, seen.kernel
    found = part.found[:, 0] > 0
    return {
        Expert.APPEARANCE: LinearExpert(mean, kernel, seen.bias),
        Expert.LANDMARKS: fit_linear(
            part.geometry[found], emotions[found], units[found], config.linear_strength
        ),
    }
