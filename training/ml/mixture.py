"""The mixture of experts, its calibration and thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.experts import Expert
from training.ml.calibration import (
    calibration_error,
    heated,
    logit,
)
from training.ml.metrics import Calibration, CalibrationError
from training.ml.probabilities import Outputs, mixed


@dataclass(frozen=True)
class Experts:
    """The readings of n faces by each expert.

    Attributes
    ----------
    readings
        Expert -> its probabilities of n faces.
    compared
        (n,) which faces there is something to compare with (`inference.ml.references`); None for
        none.
    comparing
        The experts that read what differs from it, and nothing of a face that has none.
    beside_neutrals
        Whether it is a neutral frame of every face, so that what differs is the expression.
    """

    readings: Mapping[str, Outputs]
    compared: NDArray[np.bool_] | None = None
    comparing: frozenset[str] = frozenset()
    beside_neutrals: bool = True

    def __getitem__(self, rows: NDArray[Any]) -> Experts:
        return replace(
            self,
            readings={name: said[rows] for name, said in self.readings.items()},
            compared=None if self.compared is None else self.compared[rows],
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

    def leaves_out(self, expert: str) -> bool:
        """Tell whether an expert counts for nothing, of compared faces either."""
        own = self.emotion_weights.get(expert, 0) == self.unit_weights.get(expert, 0) == 0
        return own and (self.compared is None or self.compared.leaves_out(expert))

    def without(self, expert: str) -> Mixture:
        """Return the mixture without an expert that it leaves out; the answers stay the same."""

        def others(weights: dict[str, float]) -> dict[str, float]:
            return {name: weight for name, weight in weights.items() if name != expert}

        return replace(
            self,
            emotion_weights=others(self.emotion_weights),
            unit_weights=others(self.unit_weights),
            compared=self.compared and self.compared.without(expert),
        )

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


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [float(each) for each in value]
    return None if value is None else float(value)
