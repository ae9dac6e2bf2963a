"""The mixture of experts, its calibration and thresholds, chosen on out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
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
_FEWEST = 20  # coded faces, to choose by


@dataclass(frozen=True)
class Experts:
    """The readings of n faces by each expert.

    Attributes
    ----------
    readings
        Expert -> its probabilities of n faces.
    compared
        (n,) which faces there is something to compare with (`inference.ml.reference`); None for
        none.
    comparing
        The experts that read what differs from it, and nothing of a face that has none.
    """

    readings: Mapping[str, Outputs]
    compared: NDArray[np.bool_] | None = None
    comparing: frozenset[str] = frozenset()

    def __getitem__(self, rows: NDArray[Any]) -> Experts:
        return Experts(
            {name: said[rows] for name, said in self.readings.items()},
            None if self.compared is None else self.compared[rows],
            self.comparing,
        )

    def plain(self) -> dict[str, Outputs]:
        """Return the readings of the experts that need nothing to compare with."""
        return {name: said for name, said in self.readings.items() if name not in self.comparing}


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
    compared
        The mixture for faces that are compared with a reference, in which more experts have a say;
        its thresholds are the same. None where there were too few to choose one.
    """

    emotion_weights: dict[str, float]
    unit_weights: dict[str, float]
    temperature: float
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    thresholds: tuple[float, ...]
    compared: Mixture | None = None

    def __call__(self, experts: Experts) -> Outputs:
        """Return calibrated probabilities of n faces from the experts' readings."""
        raw = self.raw(experts)
        emotion, units = self._calibrated(raw)
        if self.compared is not None and experts.compared is not None:
            rows = experts.compared
            emotion[rows], units[rows] = self.compared._calibrated(raw[rows])
        return Outputs(emotion, units)

    def raw(self, experts: Experts) -> Outputs:
        """Return the weighted means of the experts' readings of n faces, not yet calibrated."""
        result = mixed(experts.readings, self.emotion_weights, self.unit_weights)
        if self.compared is not None and experts.compared is not None:
            rows = experts.compared
            result.put(np.flatnonzero(rows), self.compared.raw(Experts(experts[rows].readings)))
        return result

    def _calibrated(self, raw: Outputs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        z = np.array(self.slopes) * logit(raw.units) + np.array(self.intercepts)
        return heated(raw.emotion, self.temperature), expit(z)

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
        content: dict[str, Any] = _plain(asdict(self))
        return content


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
    experts: Experts, emotions: NDArray[np.int64], units: NDArray[np.float32]
) -> Mixture:
    """Choose a mixture by likelihood on faces that no expert was fitted to.

    Faces that are compared with a reference have a mixture of their own. They take part in choosing
    the other one as if there were none, so that a face without any is read by what was chosen for
    such faces.

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
    plain = _chosen(experts.plain(), emotions, units)
    read = [(plain(Experts(experts.plain())).units, units)]
    rows, others = experts.compared, None
    if rows is not None and (emotions[rows] >= 0).sum() + (units[rows, 0] >= 0).sum() >= _FEWEST:
        others = _chosen(experts[rows].readings, emotions[rows], units[rows])
        read.append((others(Experts(experts[rows].readings)).units, units[rows]))
    said, truth = (np.concatenate(each) for each in zip(*read, strict=True))
    chosen = choose_thresholds(truth, said)
    thresholds = tuple(chosen.get(str(au), 0.5) for au in MODEL_ACTION_UNITS)
    if others is not None:
        others = replace(others, thresholds=thresholds)
    return replace(plain, thresholds=thresholds, compared=others)


def _chosen(
    readings: Mapping[str, Outputs], emotions: NDArray[np.int64], units: NDArray[np.float32]
) -> Mixture:
    """Return weights and calibration; the thresholds are still to be chosen."""
    emotion_weights, temperature = _emotion_choice(readings, emotions)
    unit_weights, slopes, intercepts = _unit_choice(readings, units)
    return Mixture(emotion_weights, unit_weights, temperature, slopes, intercepts, ())


def cross_fitted(
    experts: Experts,
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
        chosen = choose_mixture(experts[others], emotions[others], units[others])
        part = chosen(experts[rows])
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
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [float(each) for each in value]
    return None if value is None else float(value)
