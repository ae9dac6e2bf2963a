"""Choosing a mixture of experts on out-of-fold predictions, by likelihood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.experts import Expert
from training.ml.calibration import TINY, fit_platt, fit_temperature, logit
from training.ml.mixture import Experts, Mixture, plain_mixture
from training.ml.probabilities import Outputs, mixed
from training.ml.thresholds import choose_thresholds

_STEPS = 4  # weights are quarters: finer ones would fit noise
_FEWEST = 20  # coded faces, to choose by
#: The share that landmarks have in reading action units, at least: where a lip's corner lies is the
#: same on photographs as on drawings, and under any light, as texture isn't (docs/model.md).
_LEAST_OF_LANDMARKS = 0.25


def choose_mixture(
    experts: Experts, emotions: NDArray[np.int64], units: NDArray[np.float32]
) -> Mixture:
    """Choose a mixture by likelihood on faces that no expert was fitted to.

    Faces that are compared with a reference have a mixture of their own. Where all references are
    neutral frames, the experts that compare read the action units alone: what is a person's or a
    camera's own is gone from what they see, so that they hold on other pictures, too
    (docs/model.md). These faces take part in choosing
    the other mixture as if they had no reference, so that a face without any is read by what was
    chosen for such faces.

    Parameters
    ----------
    experts
        The readings of n faces.
    emotions, units
        (n,) and (n, 15) the truth, -1 where not coded.

    Returns
    -------
    Mixture
        The plain mixture for what is coded too rarely.
    """
    plain = _chosen(experts.plain(), experts.plain(), emotions, units)
    read = [(plain(Experts(experts.plain())).units, units)]
    rows, others = experts.compared, None
    if rows is not None and _enough(experts, emotions[rows], units[rows]):
        readings = experts[rows].readings
        alone = experts.comparing if experts.beside_neutrals else readings.keys()
        changes = {name: readings[name] for name in readings if name in alone}
        others = _chosen(readings, changes, emotions[rows], units[rows])
        read.append((others(Experts(readings)).units, units[rows]))
    said, truth = (np.concatenate(each) for each in zip(*read, strict=True))
    chosen = choose_thresholds(truth, said)
    thresholds = tuple(chosen.get(str(au), 0.5) for au in MODEL_ACTION_UNITS)
    if others is not None:
        others = replace(others, thresholds=thresholds)
    return replace(plain, thresholds=thresholds, compared=others)


def _enough(experts: Experts, emotions: NDArray[np.int64], units: NDArray[np.float32]) -> bool:
    """Tell whether there is something that compares, and enough to choose its weight by."""
    some = not experts.comparing.isdisjoint(experts.readings)
    return some and (emotions >= 0).sum() + (units >= 0).any(axis=1).sum() >= _FEWEST


def _chosen(
    for_emotions: Mapping[str, Outputs],
    for_units: Mapping[str, Outputs],
    emotions: NDArray[np.int64],
    units: NDArray[np.float32],
) -> Mixture:
    """Return weights and calibration; the thresholds are still to be chosen."""
    emotion_weights, temperature = _emotion_choice(for_emotions, emotions)
    unit_weights, slopes, intercepts = _unit_choice(for_units, units)
    return Mixture(emotion_weights, unit_weights, temperature, slopes, intercepts, ())


def cross_chosen(
    experts: Experts,
    emotions: NDArray[np.int64],
    units: NDArray[np.float32],
    fold_of: NDArray[np.int64],
) -> list[Mixture]:
    """Choose a mixture for each fold on the other folds' faces.

    Parameters
    ----------
    experts, emotions, units
        As `choose_mixture` takes them.
    fold_of
        (n,) each face's fold.

    Returns
    -------
    list of Mixture
        For each fold, in order.
    """
    others = [np.flatnonzero(fold_of != fold) for fold in np.unique(fold_of)]
    return [choose_mixture(experts[rows], emotions[rows], units[rows]) for rows in others]


def cross_fitted(
    experts: Experts, mixtures: Sequence[Mixture], fold_of: NDArray[np.int64]
) -> tuple[Outputs, NDArray[np.bool_]]:
    """Read each fold's faces by the mixture that was chosen on the other folds' faces.

    Parameters
    ----------
    experts
        The readings of n faces.
    mixtures
        From `cross_chosen`.
    fold_of
        (n,) each face's fold.

    Returns
    -------
    Outputs, NDArray
        Calibrated probabilities, and decisions (n, 15).
    """
    result = Outputs.empty(len(fold_of))
    present = np.zeros_like(result.units, dtype=bool)
    for fold, mixture in zip(np.unique(fold_of), mixtures, strict=True):
        rows = np.flatnonzero(fold_of == fold)
        part = mixture(experts[rows])
        result.put(rows, part)
        present[rows] = mixture.present(part.units)
    return result, present


def _simplex(names: Iterable[str]) -> list[dict[str, float]]:
    """Return every way to share out a weight of 1 in quarters."""
    names = list(names)
    return [
        {name: share / _STEPS for name, share in zip(names, shares, strict=True)}
        for shares in product(range(_STEPS + 1), repeat=len(names))
        if sum(shares) == _STEPS
    ]


def _emotion_choice(
    experts: Mapping[str, Outputs], emotions: NDArray[np.int64]
) -> tuple[dict[str, float], float]:
    coded = emotions >= 0
    if coded.sum() < _FEWEST:
        return plain_mixture(experts).emotion_weights, 1.0
    tried = []
    for weights in _simplex(experts):
        raw = mixed(experts, weights, weights).emotion[coded]
        temperature, loss = fit_temperature(raw, emotions[coded])
        tried.append((loss, weights, temperature))
    _, best, temperature = min(tried, key=lambda each: (each[0], *each[1].values()))
    return best, temperature


def _unit_choice(
    experts: Mapping[str, Outputs], units: NDArray[np.float32]
) -> tuple[dict[str, float], tuple[float, ...], tuple[float, ...]]:
    if (units >= 0).sum() < _FEWEST:
        plain = plain_mixture(experts)
        return plain.unit_weights, plain.slopes, plain.intercepts
    tried = []
    for weights in _simplex(experts):
        if weights.get(Expert.LANDMARKS, 1) < _LEAST_OF_LANDMARKS:
            continue
        raw = mixed(experts, weights, weights).units
        lines = [_line(raw[:, column], units[:, column]) for column in range(units.shape[1])]
        tried.append((_relative_loss(raw, units, lines), weights, lines))
    _, best, lines = min(tried, key=lambda each: (each[0], *each[1].values()))
    return best, tuple(slope for slope, _ in lines), tuple(intercept for _, intercept in lines)


def _line(probabilities: NDArray[np.float64], targets: NDArray[np.float32]) -> tuple[float, float]:
    coded = targets >= 0
    return fit_platt(probabilities[coded], targets[coded])


def _relative_loss(
    raw: NDArray[np.float64], units: NDArray[np.float32], lines: list[tuple[float, float]]
) -> float:
    """Return the mean over action units of the log loss relative to that of the base rate.

    Rare ones count as much as common ones.
    """
    losses = []
    for column, (slope, intercept) in enumerate(lines):
        coded = units[:, column] >= 0
        truth = units[coded, column]
        if not 0 < truth.sum() < len(truth):
            continue
        p = expit(slope * logit(raw[coded, column]) + intercept)
        losses.append(_log_loss(truth, p) / _log_loss(truth, np.full(len(truth), truth.mean())))
    return float(np.mean(losses)) if losses else 0.0


def _log_loss(truth: NDArray[np.float32], p: NDArray[np.float64]) -> float:
    p = np.clip(p, TINY, 1 - TINY)
    return float(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)).mean())
