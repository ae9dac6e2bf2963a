"""The linear experts of a mixture, of all faces and of each fold, and their readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.ml.experts import Expert
from inference.ml.features import Features
from training.ml.config import TrainingConfig
from training.ml.linear import LinearExpert, fit_linear
from training.ml.material import Material
from training.ml.probabilities import Outputs
from training.ml.progress import Watch
from training.ml.recipes import LINEAR_PARTS, LinearPart
from training.ml.side_by_side import SideBySide
from training.ml.split import rows_by_fold

Rows = NDArray[np.int64]
#: Expert -> what was fitted.
Linear = dict[Expert, LinearExpert]


def linear_fits(
    config: TrainingConfig, material: Material, fold_of: Rows
) -> list[Callable[[], Linear]]:
    """Return what fits the linear experts of each fold, from 0, on all others, and of all faces.

    Parameters
    ----------
    config
        Names the recipe, and the strength of the regressions.
    material
        n faces.
    fold_of
        (n,) each face's fold.
    """
    others = [np.flatnonzero(fold_of != fold) for fold in np.unique(fold_of)]
    every = np.arange(len(fold_of))
    return [partial(linear_experts, config, material, rows) for rows in (*others, every)]


def begun(fits: Sequence[Callable[[], Linear]], side: SideBySide) -> list[Callable[[], Linear]]:
    """Begin fits as threads are free; return what waits for each.

    Parameters
    ----------
    fits
        From `linear_fits`.
    """

    def begin(fit: Callable[[], Linear]) -> Callable[[], Linear]:
        return partial(side.begin(lambda _: fit()).heard, lambda *_: None)

    return [begin(fit) for fit in fits]


def fitted(fits: Sequence[Callable[[], Linear]], watch: Watch) -> list[Linear]:
    """Fit, or wait for what is being fitted.

    Parameters
    ----------
    fits
        From `linear_fits` or `begun`.
    watch
        Hears of each, and is asked whether to stop.
    """
    done = []
    for number, fit in enumerate(fits):
        watch("linear experts", number, len(fits))
        done.append(fit())
    return done


def linear_out_of_fold(
    by_fold: Sequence[Mapping[Expert, LinearExpert]], features: Features, fold_of: Rows
) -> dict[str, Outputs]:
    """Read each fold's faces with the linear experts that were fitted on all others.

    Parameters
    ----------
    by_fold
        Of each fold, from 0.
    features
        Of n faces.
    fold_of
        (n,) each face's fold.

    Returns
    -------
    dict
        Expert -> its probabilities of n faces.
    """
    said: dict[str, Outputs] = {name: Outputs.empty(len(fold_of)) for name in by_fold[0]}
    for rows, experts in zip(rows_by_fold(fold_of), by_fold, strict=True):
        for name, part in linear_readings(experts, features[rows]).items():
            said[name].put(rows, part)
    return said


def linear_readings(
    experts: Mapping[Expert, LinearExpert], features: Features
) -> dict[str, Outputs]:
    """Return the probabilities of n faces by each linear expert.

    Parameters
    ----------
    experts
        By name.
    features
        Of n faces.
    """
    inputs = features.inputs()
    return {name: expert(*LINEAR_PARTS[name].sees(inputs)) for name, expert in experts.items()}


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
