"""The mixture of experts, its calibration and thresholds, chosen on out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.experts import Expert
from training.ml.calibration import (
    TINY,
    calibration_error,
    fit_platt,
    fit_temperature,
    heated,
    logit,
)
from training.ml.metrics import Calibration, CalibrationError
from training.ml.probabilities import Outputs, mixed
from training.ml.thresholds import choose_thresholds

_STEPS = 4  # weights are quarters: finer ones would fit noise
_FEWEST_CODED = 20


@dataclass(frozen=True)
class Mixture:
    """A weight for each expert and head, then calibration, then a threshold for each action unit.

    Attributes
    ----------
    emotion_weights, unit_weights
        Expert -> its weight (`inference.ml.experts.Expert`); each head's add up to 1.
    temperature
        Emotions: softmax(log p / temperature).
    slopes, intercepts
        Action units: expit(slope * logit(p) + intercept).
    thresholds
        On the calibrated probabilities, one per action unit, in the model's order.
    """

    emotion_weights: dict[str, float]
    unit_weights: dict[str, float]
    temperature: float
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    thresholds: tuple[float, ...]

    def __call__(self, experts: Mapping[str, Outputs]) -> Outputs:
        """Return calibrated probabilities of n faces from the experts' readings."""
        raw = mixed(experts, self.emotion_weights, self.unit_weights)
        z = np.array(self.slopes) * logit(raw.units) + np.array(self.intercepts)
        return Outputs(heated(raw.emotion, self.temperature), expit(z))

    def present(self, units: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Decide which action units are present.

        Parameters
        ----------
        units
            (n, 15) calibrated probabilities.

        Returns
        -------
        NDArray
            (n, 15) decisions.
        """
        decisions: NDArray[np.bool_] = units >= np.array(self.thresholds)
        return decisions

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers, as a manifest stores them."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def plain_mixture(experts: Iterable[str] = (Expert.DENSE,)) -> Mixture:
    """Return the mixture in which every expert counts alike, uncalibrated, with thresholds of 0.5.

    >>> plain_mixture(["dense", "appearance"]).emotion_weights
    {'dense': 0.5, 'appearance': 0.5}
    """
    names = [str(name) for name in experts]
    weights = {name: 1 / len(names) for name in names}
    count = len(MODEL_ACTION_UNITS)
    return Mixture(weights, weights, 1.0, (1.0,) * count, (0.0,) * count, (0.5,) * count)


def choose_mixture(
    experts: Mapping[str, Outputs], emotions: NDArray[np.int64], units: NDArray[np.float32]
) -> Mixture:
    """Choose a mixture by likelihood on faces that no expert was fitted to.

    Parameters
    ----------
    experts
        Each expert's readings of n faces, by its name.
    emotions, units
        (n,) and (n, 15) the truth, -1 where not coded.

    Returns
    -------
    Mixture
        The plain mixture for what is coded too rarely.
    """
    emotion_weights, temperature = _emotion_choice(experts, emotions)
    unit_weights, slopes, intercepts = _unit_choice(experts, units)
    raw = mixed(experts, emotion_weights, unit_weights)
    calibrated = expit(np.array(slopes) * logit(raw.units) + np.array(intercepts))
    chosen = choose_thresholds(units, calibrated)
    thresholds = tuple(chosen.get(str(au), 0.5) for au in MODEL_ACTION_UNITS)
    return Mixture(emotion_weights, unit_weights, temperature, slopes, intercepts, thresholds)


def cross_fitted(
    experts: Mapping[str, Outputs],
    emotions: NDArray[np.int64],
    units: NDArray[np.float32],
    fold_of: NDArray[np.int64],
) -> tuple[Outputs, NDArray[np.bool_]]:
    """Read each fold's faces by a mixture that was chosen on the other folds' faces.

    Parameters
    ----------
    experts, emotions, units
        As `choose_mixture` takes them.
    fold_of
        (n,) each face's fold.

    Returns
    -------
    Outputs, NDArray
        Calibrated probabilities, and decisions (n, 15).
    """
    result = Outputs.empty(len(fold_of))
    present = np.zeros_like(result.units, dtype=bool)
    for fold in np.unique(fold_of):
        rows, others = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        chosen = choose_mixture(_of(experts, others), emotions[others], units[others])
        part = chosen(_of(experts, rows))
        result.put(rows, part)
        present[rows] = chosen.present(part.units)
    return result, present


def calibration_figures(
    raw: Outputs, calibrated: Outputs, emotions: NDArray[np.int64], units: NDArray[np.float32]
) -> Calibration:
    """Measure the calibration error of both heads, before and after.

    Emotions: the confidence of the class that was answered. Action units: the probability of
    presence, over all coded units of all faces.

    Parameters
    ----------
    raw, calibrated
        Probabilities of n faces.
    emotions, units
        (n,) and (n, 15) the truth, -1 where not coded.
    """
    coded, coded_units = emotions >= 0, units >= 0

    def of_emotions(p: Outputs) -> float:
        answered = p.emotion[coded]
        return calibration_error(answered.max(axis=1), answered.argmax(axis=1) == emotions[coded])

    def of_units(p: Outputs) -> float:
        return calibration_error(p.units[coded_units], units[coded_units] == 1)

    return Calibration(
        CalibrationError(of_emotions(raw), of_emotions(calibrated)) if coded.any() else None,
        CalibrationError(of_units(raw), of_units(calibrated)) if coded_units.any() else None,
    )


def _of(experts: Mapping[str, Outputs], rows: NDArray[np.int64]) -> dict[str, Outputs]:
    return {name: said[rows] for name, said in experts.items()}


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
    if coded.sum() < _FEWEST_CODED:
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
    if (units >= 0).sum() < _FEWEST_CODED:
        plain = plain_mixture(experts)
        return plain.unit_weights, plain.slopes, plain.intercepts
    tried = []
    for weights in _simplex(experts):
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


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): float(weight) for name, weight in value.items()}
    return [float(v) for v in value] if isinstance(value, tuple) else float(value)
