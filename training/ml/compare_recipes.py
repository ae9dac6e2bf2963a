"""Figures of cross-validated recipes with intervals, and their paired differences.

Intervals are percentiles of a bootstrap over subjects: faces of one subject are not independent
(Efron & Tibshirani, An Introduction to the Bootstrap, 1993). Two recipes are compared on the same
draws of subjects, so their difference is paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import (
    Array,
    interval,
    resampling_weights,
    sum_by_subject,
    weigh,
)
from annotations.measures.support import FEWEST_TO_USE
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.metrics import AbsentEmotions

_RESAMPLES = 2000


@dataclass(frozen=True)
class Measured:
    """Every figure of one recipe.

    Attributes
    ----------
    point
        Name -> mean over the repeats.
    deviation
        Name -> standard deviation over the repeats.
    draws
        Name -> (2000,) values over bootstrap draws of subjects, mean over the repeats.
    """

    point: dict[str, float]
    deviation: dict[str, float]
    draws: dict[str, Array]

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of a figure: its low and high end."""
        return interval(self.draws[name])


def measure(samples: Sequence[Sample], repeats: Sequence[Sequence[Prediction]]) -> Measured:
    """Measure out-of-fold predictions, and their resamples by subject.

    Parameters
    ----------
    samples
        n faces with their truth.
    repeats
        For each repeat of the cross-validation, n predictions in the samples' order.

    Returns
    -------
    Measured
        The figures; what no sample has coded has none.
    """
    subjects = np.array([sample.subject for sample in samples])
    weights = resampling_weights(len(np.unique(subjects)), resamples=_RESAMPLES, seed=0)
    points, resampled = [], []
    for predictions in repeats:
        figures = _figures(_counts(samples, predictions, subjects), weights)
        exact = {name: float(values[0]) for name, values in figures.items()}
        points.append(exact | _aucs(samples, predictions))
        resampled.append({name: values[1:] for name, values in figures.items()})
    return Measured(
        {name: float(np.mean([point[name] for point in points])) for name in points[0]},
        {name: float(np.std([point[name] for point in points])) for name in points[0]},
        {name: np.mean([each[name] for each in resampled], axis=0) for name in resampled[0]},
    )


def difference(ours: Measured, theirs: Measured, name: str) -> tuple[float, float, float]:
    """Compare two recipes on the same draws of subjects.

    Parameters
    ----------
    ours, theirs
        Measured on the same samples.
    name
        The figure's name.

    Returns
    -------
    tuple of float
        Difference, and the low and high end of its 95 % interval.
    """
    low, high = interval(ours.draws[name] - theirs.draws[name])
    return ours.point[name] - theirs.point[name], low, high


def base_rates(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the share of each emotion and action unit among the faces where it is coded.

    Parameters
    ----------
    samples
        Faces with their truth.

    Returns
    -------
    dict
        Name of the class's F1, as in `Measured` -> its share, 0 to 1.
    """
    emotions, units = emotion_targets(samples), action_unit_targets(samples)
    rates = {}
    if (emotions >= 0).any():
        for index, name in enumerate(EMOTIONS):
            rates[f"{name} F1"] = float((emotions[emotions >= 0] == index).mean())
    for column, au in enumerate(MODEL_ACTION_UNITS):
        coded = units[:, column] >= 0
        if coded.any():
            rates[f"AU{au} F1"] = float(units[coded, column].mean())
    return rates


def _counts(
    samples: Sequence[Sample], predictions: Sequence[Prediction], subjects: NDArray[np.str_]
) -> dict[str, Array]:
    """Count by subject the confusion (s, 3, 3), and hits, false alarms, misses (s, 15, 3)."""
    truth, units = emotion_targets(samples), action_unit_targets(samples)
    said = np.array([EMOTIONS.index(p.emotion) for p in predictions])
    classes = np.arange(len(EMOTIONS))  # an emotion that is not coded, -1, is none of them
    confusion = (truth[:, None] == classes)[:, :, None] & (said[:, None] == classes)[:, None, :]
    present = np.array([[p.au_present[au] for au in MODEL_ACTION_UNITS] for p in predictions])
    outcomes = np.stack(
        [(units == 1) & present, (units == 0) & present, (units == 1) & ~present], axis=-1
    )
    return {
        "confusion": sum_by_subject(subjects, confusion),
        "units": sum_by_subject(subjects, outcomes),
    }


def _figures(counts: dict[str, Array], weights: Array) -> dict[str, Array]:
    """Compute figures (draws,) by name for weights (draws, subjects).

    What is not coded has no figure.
    """
    figures: dict[str, Array] = {}
    confusion = weigh(weights, counts["confusion"])
    if counts["confusion"].sum():
        right = np.einsum("bii->bi", confusion)
        support, answered = confusion.sum(axis=2), confusion.sum(axis=1)
        known = counts["confusion"].sum(axis=(0, 2)) > 0
        f1 = 2 * right / np.maximum(support + answered, 1)
        # As scikit-learn on each draw: F1 over the classes that truth or predictions hold there,
        # recall over those of the truth. A class that isn't drawn has no say.
        seen, drawn = (support + answered) > 0, support > 0
        figures["emotion accuracy"] = right.sum(axis=1) / np.maximum(support.sum(axis=1), 1)
        recall = right / np.maximum(support, 1)
        figures["emotion balanced accuracy"] = _mean_over(recall, drawn)
        figures["emotion macro F1"] = _mean_over(f1, seen)
        for index in np.flatnonzero(known):
            figures[f"{EMOTIONS[index]} F1"] = f1[:, index]
    units = weigh(weights, counts["units"])
    hits, alarms, misses = units[..., 0], units[..., 1], units[..., 2]
    f1 = 2 * hits / np.maximum(2 * hits + alarms + misses, 1)
    enough = counts["units"][..., [0, 2]].sum(axis=(0, 2)) >= FEWEST_TO_USE
    if enough.any():
        figures["AU macro F1"] = f1[:, enough].mean(axis=1)
        for column in np.flatnonzero(enough):
            figures[f"AU{MODEL_ACTION_UNITS[column]} F1"] = f1[:, column]
    return figures


def _mean_over(values: Array, counted: NDArray[np.bool_]) -> Array:
    """Return means (draws,) of values (draws, classes) over the classes that count in each draw."""
    means: Array = (values * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return means


def absent_classes(
    samples: Sequence[Sample], repeats: Sequence[Sequence[Prediction]]
) -> AbsentEmotions:
    """Return the emotions that truth or predictions lack.

    Parameters
    ----------
    samples
        n faces with their truth.
    repeats
        For each repeat, n predictions in the samples' order.

    Returns
    -------
    AbsentEmotions
        Those that no face is labelled as, and those that are never answered where a face has a
        label. Both empty where no face has one.
    """
    true = {sample.emotion for sample in samples if sample.emotion}
    if not true:
        return AbsentEmotions()
    said = {
        prediction.emotion
        for predictions in repeats
        for sample, prediction in zip(samples, predictions, strict=True)
        if sample.emotion
    }
    return AbsentEmotions(
        truth=tuple(name for name in EMOTIONS if name not in true),
        predictions=tuple(name for name in EMOTIONS if name not in said),
    )


def _aucs(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> dict[str, float]:
    units = action_unit_targets(samples)
    probabilities = np.array(
        [[p.au_probabilities[au] for au in MODEL_ACTION_UNITS] for p in predictions]
    )
    aucs = {}
    for column, au in enumerate(MODEL_ACTION_UNITS):
        coded = units[:, column] >= 0
        truth = units[coded, column]
        if FEWEST_TO_USE <= truth.sum() < coded.sum():
            aucs[f"AU{au} AUC"] = float(roc_auc_score(truth, probabilities[coded, column]))
    return aucs
