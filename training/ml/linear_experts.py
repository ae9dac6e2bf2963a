"""The linear experts of a mixture, and their readings out of fold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.ml.experts import Expert
from training.ml.config import TrainingConfig
from training.ml.linear import LinearExpert, fit_linear
from training.ml.material import Material
from training.ml.probabilities import Outputs
from training.ml.progress import Watch
from training.ml.recipes import LINEAR_PARTS, LinearPart

Rows = NDArray[np.int64]


def linear_out_of_fold(
    config: TrainingConfig, material: Material, fold_of: Rows, watch: Watch | None = None
) -> dict[str, Outputs]:
    """Read each fold's faces with linear experts that were fitted on all others.

    Parameters
    ----------
    config
        Names the recipe, and the strength of the regressions.
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
    said: dict[str, Outputs] = {name: Outputs.empty(len(fold_of)) for name in config.linear}
    folds = np.unique(fold_of)
    for number, fold in enumerate(folds):
        if watch:
            watch("linear experts", number, len(folds))
        rows = np.flatnonzero(fold_of == fold)
        fitted = linear_experts(config, material, np.flatnonzero(fold_of != fold))
        inputs = material.plain[rows].inputs()
        for name, expert in fitted.items():
            said[name].put(rows, expert(*LINEAR_PARTS[name].sees(inputs)))
    return said


def linear_experts(
    config: TrainingConfig, material: Material, rows: Rows
) -> dict[Expert, LinearExpert]:
    """Fit the linear experts of a recipe, each on the faces of which it can read something.

    Parameters
    ----------
    config
        Names the recipe, and the strength of the regressions.
    material
        All faces.
    rows
        Which of them to learn from.
    """
    experts = {}
    for name in config.linear:
        part = LINEAR_PARTS[name]
        lessons = _lessons(part, material, rows)
        columns = slice(material.first_tap if part.first_tap else None)
        fitted = fit_linear(
            lessons.x[:, columns], lessons.emotions, lessons.units, config.linear_strength
        )
        experts[name] = fitted.widened(lessons.x.shape[1])
    return experts


class _Lessons(NamedTuple):
    x: NDArray[np.float32]
    emotions: NDArray[np.int64]
    units: NDArray[np.float32]


def _lessons(part: LinearPart, material: Material, rows: Rows) -> _Lessons:
    """Return what an expert learns from: faces of which it can read something, and their copies.

    An expert that compares sees no copies: they are mirrored, and their references are not.
    """
    seen = [material.plain[rows]] + ([] if part.minus else [material.copies_of(rows)])
    said = [part.sees(features.inputs()) for features in seen]
    x = np.concatenate([each for each, _ in said])
    learnt = np.tile(rows, len(x) // max(len(rows), 1))
    if part.where:
        can = np.concatenate([where for _, where in said])[:, 0] > 0
        x, learnt = x[can], learnt[can]
    return _Lessons(x, material.emotions[learnt], material.units[learnt])
