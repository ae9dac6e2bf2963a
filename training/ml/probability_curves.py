"""Curves by probability: precision-recall, ROC, reliability, and the counts at each threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.calibration import calibration_error
from training.ml.curve_figures import STEPS, CurveFigures, Curves, ReliabilityBin, RunCurves
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.probabilities import Outputs

Array = NDArray[np.float64]

#: Points kept of each curve: more than a picture shows.
MOST_POINTS = 100
_BINS = 10
_DIGITS = 4


def run_curves(samples: Sequence[Sample], said: Outputs, split: dict[int, str]) -> RunCurves:
    """Measure the curves of each split.

    Parameters
    ----------
    samples, said
        n faces with their truth, and the probabilities of each.
    split
        Sample id -> "test" or "validation".
    """
    tested = np.array([split[sample.id] == "test" for sample in samples], dtype=bool)

    def of(rows: NDArray[np.bool_]) -> Curves | None:
        chosen = [sample for sample, here in zip(samples, rows, strict=True) if here]
        return curves_of(chosen, said[rows]) if chosen else None

    return RunCurves(test=of(tested), validation=of(~tested))


def curves_of(samples: Sequence[Sample], said: Outputs) -> Curves:
    """Measure the curves of some faces; a class or unit that isn't coded on any has none.

    Parameters
    ----------
    samples, said
        n faces with their truth, and the probabilities of each.
    """
    emotions, units = emotion_targets(samples), action_unit_targets(samples)
    labelled = emotions >= 0
    coded = units >= 0
    return Curves(
        emotions={
            name: curve_figures(emotions[labelled] == number, said.emotion[labelled, number])
            for number, name in enumerate(EMOTIONS)
            if labelled.any()
        },
        units={
            au: curve_figures(units[rows, column] == 1, said.units[rows, column])
            for column, au in enumerate(MODEL_ACTION_UNITS)
            if (rows := coded[:, column]).any()
        },
    )


def curve_figures(truth: NDArray[np.bool_], probability: Array) -> CurveFigures:
    """Measure how well a probability tells the faces that show something from the others.

    Parameters
    ----------
    truth, probability
        (n,) whether each face shows it, and how likely that was said to be; n is at least 1.

    Examples
    --------
    >>> figures = curve_figures(np.array([True, False]), np.array([0.9, 0.4]))
    >>> figures.roc_auc, figures.counts_at(50).f1, figures.counts_at(0).precision
    (1.0, 1.0, 0.5)
    """
    positives = int(truth.sum())
    found, hits = _reached(probability), _reached(probability[truth])
    areas: dict[str, Any] = {}
    if 0 < positives < len(truth):
        precision, recall, _ = precision_recall_curve(truth, probability)
        alarms, rate, _ = roc_curve(truth, probability)
        areas = {
            "roc_auc": float(roc_auc_score(truth, probability)),
            "average_precision": float(average_precision_score(truth, probability)),
            **_thinned(recall=recall[::-1], precision=precision[::-1]),
            **_thinned(false_positive_rate=alarms, true_positive_rate=rate),
        }
    return CurveFigures(
        faces=len(truth),
        positives=positives,
        brier=float(brier_score_loss(truth, probability, pos_label=True)),
        calibration_error=calibration_error(probability, truth),
        bins=_bins(truth, probability),
        found=found,
        hits=hits,
        **areas,
    )


def _reached(probability: Array) -> tuple[int, ...]:
    """Count the faces whose probability is not below each threshold, which is when one is found."""
    grid = np.round(np.arange(STEPS + 1) / STEPS, 2)
    below = np.searchsorted(np.sort(probability), grid, side="left")
    return tuple((len(probability) - below).tolist())


def _bins(truth: NDArray[np.bool_], probability: Array) -> tuple[ReliabilityBin, ...]:
    """Count the faces by tenths of the probability, as `sklearn.calibration.calibration_curve`."""
    tenth = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    return tuple(
        ReliabilityBin(
            round(float(probability[inside].mean()), _DIGITS),
            round(float(truth[inside].mean()), _DIGITS),
            int(inside.sum()),
        )
        for number in np.unique(tenth)
        if (inside := tenth == number).any()
    )


def _thinned(**curve: Array) -> dict[str, tuple[float, ...]]:
    """Keep at most MOST_POINTS of a curve's points, about equally far along it, and both ends."""
    x, y = curve.values()
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    kept = np.arange(len(x))
    if len(x) > MOST_POINTS:
        wanted = np.linspace(0.0, along[-1], MOST_POINTS)
        kept = np.unique(np.searchsorted(along, wanted).clip(0, len(x) - 1))
        kept[-1] = len(x) - 1
    return {name: tuple(np.round(v[kept], _DIGITS).tolist()) for name, v in curve.items()}
