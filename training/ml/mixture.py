"""What is chosen on out-of-fold predictions: how experts are mixed, calibrated, thresholded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from annotations.facs import MODEL_ACTION_UNITS
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
    """One weight per expert and head, then calibration, then a threshold per action unit.

    Attributes
    ----------
    emotion_weights, unit_weights
        One per expert, adding to 1.
    temperature
        Emotions: softmax(log p / temperature).
    slopes, intercepts
        Action units: expit(slope * logit(p) + intercept).
    thresholds
        Of the calibrated probabilities, one per action unit, in the model's order.
    """

    emotion_weights: tuple[float, ...]
    unit_weights: tuple[float, ...]
    temperature: float
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    thresholds: tuple[float, ...]

    def __call__(self, experts: Sequence[Outputs]) -> Outputs:
        raw = mixed(experts, self.emotion_weights, self.unit_weights)
        z = np.array(self.slopes) * logit(raw.units) + np.array(self.intercepts)
        return Outputs(heated(raw.emotion, self.temperature), expit(z))

    def present(self, units: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n, 15) decisions on calibrated probabilities."""
        decisions: NDArray[np.bool_] = units >= np.array(self.thresholds)
        return decisions

    def leaves_out(self, expert: int) -> bool:
        return self.emotion_weights[expert] == self.unit_weights[expert] == 0

    def without_last(self) -> Mixture:
        """For an expert that is left out: the same answers without asking it."""
        return replace(
            self, emotion_weights=self.emotion_weights[:-1], unit_weights=self.unit_weights[:-1]
        )

    def to_json(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}


def plain_mixture(experts: int = 1) -> Mixture:
    """Every expert alike, nothing calibrated, thresholds of 0.5."""
    weights = (1 / experts,) * experts
    count = len(MODEL_ACTION_UNITS)
    return Mixture(weights, weights, 1.0, (1.0,) * count, (0.0,) * count, (0.5,) * count)


def choose_mixture(
    experts: Sequence[Outputs], emotions: NDArray[np.int64], units: NDArray[np.float32]
) -> Mixture:
    """Choose by likelihood on faces that no expert was fitted to.

    emotions (n,) and units (n, 15) are -1 where not coded. What is coded too rarely keeps the
    plain mixture.
    """
    emotion_weights, temperature = _emotion_choice(experts, emotions)
    unit_weights, slopes, intercepts = _unit_choice(experts, units)
    raw = mixed(experts, emotion_weights, unit_weights)
    calibrated = expit(np.array(slopes) * logit(raw.units) + np.array(intercepts))
    chosen = choose_thresholds(units, calibrated)
    thresholds = tuple(chosen.get(str(au), 0.5) for au in MODEL_ACTION_UNITS)
    return Mixture(emotion_weights, unit_weights, temperature, slopes, intercepts, thresholds)


def cross_fitted(
    experts: Sequence[Outputs],
    emotions: NDArray[np.int64],
    units: NDArray[np.float32],
    fold_of: NDArray[np.int64],
) -> tuple[Outputs, NDArray[np.bool_]]:
    """Each fold's faces, read by a mixture chosen on the other folds' faces: calibrated
    probabilities and decisions (n, 15)."""
    result = Outputs.empty(len(fold_of))
    present = np.zeros_like(result.units, dtype=bool)
    for fold in np.unique(fold_of):
        rows, others = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        chosen = choose_mixture([e[others] for e in experts], emotions[others], units[others])
        part = chosen([e[rows] for e in experts])
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


def _simplex(experts: int) -> list[tuple[float, ...]]:
    combinations = product(range(_STEPS + 1), repeat=experts)
    return [tuple(c / _STEPS for c in combo) for combo in combinations if sum(combo) == _STEPS]


def _emotion_choice(
    experts: Sequence[Outputs], emotions: NDArray[np.int64]
) -> tuple[tuple[float, ...], float]:
    coded = emotions >= 0
    plain = plain_mixture(len(experts))
    if coded.sum() < _FEWEST_CODED:
        return plain.emotion_weights, 1.0
    tried = []
    for weights in _simplex(len(experts)):
        raw = mixed(experts, weights, weights).emotion[coded]
        temperature, loss = fit_temperature(raw, emotions[coded])
        tried.append((loss, weights, temperature))
    _, best, temperature = min(tried)
    return best, temperature


def _unit_choice(
    experts: Sequence[Outputs], units: NDArray[np.float32]
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    plain = plain_mixture(len(experts))
    if (units >= 0).sum() < _FEWEST_CODED:
        return plain.unit_weights, plain.slopes, plain.intercepts
    tried = []
    for weights in _simplex(len(experts)):
        raw = mixed(experts, weights, weights).units
        lines = [_line(raw[:, column], units[:, column]) for column in range(units.shape[1])]
        tried.append((_relative_loss(raw, units, lines), weights, lines))
    _, best, lines = min(tried)
    return best, tuple(slope for slope, _ in lines), tuple(intercept for _, intercept in lines)


def _line(probabilities: NDArray[np.float64], targets: NDArray[np.float32]) -> tuple[float, float]:
    coded = targets >= 0
    return fit_platt(probabilities[coded], targets[coded])


def _relative_loss(
    raw: NDArray[np.float64], units: NDArray[np.float32], lines: list[tuple[float, float]]
) -> float:
    """Mean over action units of the log loss against that of the base rate: rare ones count as
    much as common ones."""
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
    return [float(v) for v in value] if isinstance(value, tuple) else float(value)
