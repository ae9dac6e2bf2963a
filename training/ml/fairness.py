"""Groups that the model serves less well, and labels that are too rare, in figures and words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from annotations.measures.bootstrap import (
    LEVEL,
    Array,
    interval,
    sum_by_subject,
    two_sample_weights,
    weigh,
)
from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from inference.ml.predictions import Prediction
from training.ml.baselines import below_baseline
from training.ml.dataset import Sample
from training.ml.metrics import (
    AbsentEmotions,
    ActionUnitFigures,
    EmotionFigures,
    Flag,
    GroupFigures,
    Interval,
    SplitFigures,
)

Pairs = Sequence[tuple[Sample, Prediction]]

#: Fewer than these and a group's figures say more of chance than of the model.
MIN_FACES, MIN_SUBJECTS = 20, 5
#: A class this much rarer than the commonest is called out.
IMBALANCE_RATIO = 2.0
_RARE_UNIT = 0.05
_RESAMPLES = 4000


def group_figures(
    pairs: Pairs, figures: Callable[[Pairs], SplitFigures]
) -> dict[str, tuple[GroupFigures, ...]]:
    """Measure each demographic group.

    Parameters
    ----------
    pairs
        Faces and predictions.
    figures
        Measures the faces of one group.

    Returns
    -------
    dict
        Dimension (`DIMENSIONS`) -> its groups by name.
    """
    return {
        dimension: tuple(
            _one_group(group, figures(members))
            for group, members in sorted(_groups(pairs, dimension).items())
        )
        for dimension in DIMENSIONS
    }


def _one_group(group: str, got: SplitFigures) -> GroupFigures:
    emotion, units = got.emotion, got.action_units
    return GroupFigures(
        group=group,
        faces=got.faces,
        subjects=got.subjects,
        emotion_accuracy=emotion.accuracy if emotion else None,
        emotion_macro_f1=emotion.macro_f1 if emotion else None,
        absent=emotion.absent if emotion else None,
        au_macro_f1=units.macro_f1 if units else None,
        enough=got.faces >= MIN_FACES and got.subjects >= MIN_SUBJECTS,
        intervals=_intervals(got),
    )


def _intervals(got: SplitFigures) -> dict[str, Interval]:
    of_emotions = (got.emotion and got.emotion.intervals) or {}
    of_units = (got.action_units and got.action_units.intervals) or {}
    found = {
        "emotion_accuracy": of_emotions.get("accuracy"),
        "emotion_macro_f1": of_emotions.get("macro_f1"),
        "au_macro_f1": of_units.get("macro_f1"),
    }
    return {name: interval for name, interval in found.items() if interval is not None}


def flags(every: SplitFigures, test: SplitFigures, test_pairs: Pairs) -> list[Flag]:
    """Warn in plain words of imbalance in the data, and of bias on the test subjects.

    Parameters
    ----------
    every
        Figures of all faces, by which the data are judged.
    test
        Figures of the test subjects, with their groups, by which the model is judged.
    test_pairs
        The faces and predictions that `test` was measured on.
    """
    found: list[Flag] = []
    if every.emotion:
        found += [*_absent(every.emotion), *_emotion_imbalance(every.emotion)]
    if every.action_units:
        found += _unit_imbalance(every.action_units)
    found += below_baseline(test)
    groups = test.groups or {}
    looks = sum(len(_judged(rows)) for rows in groups.values())
    for dimension in groups:
        found += _bias(dimension, groups[dimension], test_pairs, looks)
    return found


def _judged(rows: Sequence[GroupFigures]) -> list[GroupFigures]:
    """Return the groups that are compared with the rest; a single one has no rest."""
    judged = [row for row in rows if row.enough and row.emotion_accuracy is not None]
    return judged if len(judged) > 1 else []


def _groups(pairs: Pairs, dimension: str) -> dict[str, list[tuple[Sample, Prediction]]]:
    groups: dict[str, list[tuple[Sample, Prediction]]] = defaultdict(list)
    for pair in pairs:
        groups[_group_of(pair[0], dimension)].append(pair)
    return groups


def _absent(emotion: EmotionFigures) -> list[Flag]:
    """Flag the classes that macro F1 can't judge, or counts as 0."""
    absent = emotion.absent or AbsentEmotions()
    found = []
    if len(emotion.classes) - len(absent.truth) == 1:
        (only,) = [name for name in emotion.classes if name not in absent.truth]
        message = (
            f"Every labelled face is {only}: an emotion is neither learned nor judged by one "
            "class, and an accuracy of 100% says nothing."
        )
        found.append(Flag("absent", only, "warning", message))
    for name in absent.truth:
        read = (
            "so it can't be judged, and macro F1 leaves it out."
            if name in absent.predictions
            else "but the model answers it: its F1 is 0 and counts in macro F1."
        )
        found.append(Flag("absent", name, "warning", f"No face is labelled {name}, {read}"))
    for name in absent.predictions:
        if name not in absent.truth:
            message = f"The model never answers {name}: its F1 is 0 and counts in macro F1."
            found.append(Flag("absent", name, "warning", message))
    return found


def _emotion_imbalance(emotion: EmotionFigures) -> list[Flag]:
    supports = {name: row.support for name, row in emotion.per_class.items()}
    most = max(supports, key=lambda name: supports[name])
    total = sum(supports.values())
    return [
        Flag(
            "imbalance",
            name,
            "warning",
            f"Only {count} of {total} faces are {name} ({count / total:.0%}), against "
            f"{supports[most]} {most}. Read its own F1, not the overall accuracy.",
        )
        for name, count in supports.items()
        if 0 < count * IMBALANCE_RATIO < supports[most]
    ]


def _unit_imbalance(units: ActionUnitFigures) -> list[Flag]:
    return [
        Flag(
            "imbalance",
            f"AU{au}",
            "warning",
            f"AU{au} is present on {row.support} of {row.faces} faces "
            f"({row.base_rate:.1%}): too rare to learn or to judge well.",
        )
        for au, row in units.per_au.items()
        if row.base_rate is not None and row.base_rate < _RARE_UNIT
    ]


def _bias(dimension: str, rows: Sequence[GroupFigures], pairs: Pairs, looks: int) -> list[Flag]:
    name = DIMENSIONS[dimension]
    found = [
        Flag(
            "sample_size",
            row.group,
            "info",
            f"{name.capitalize()} {row.group}: {row.faces} faces of "
            f"{row.subjects} subjects are too few to judge.",
        )
        for row in rows
        if not row.enough
    ]
    for row in _judged(rows):
        rest = [pair for pair in pairs if _group_of(pair[0], dimension) != row.group]
        own = [pair for pair in pairs if _group_of(pair[0], dimension) == row.group]
        gap, low, high = accuracy_gap(own, rest, looks=looks)
        if high < 0:
            found.append(
                Flag(
                    "bias",
                    row.group,
                    "warning",
                    f"Emotion accuracy for {name} {row.group} is "
                    f"{row.emotion_accuracy:.0%}, {-gap * 100:.0f} points below all others "
                    f"(95% interval by subject: {-high * 100:.0f} to {-low * 100:.0f} points).",
                )
            )
    return found


def _group_of(sample: Sample, dimension: str) -> str:
    return sample.groups.get(dimension) or NOT_RECORDED


def accuracy_gap(
    own: Pairs, rest: Pairs, *, looks: int = 1, seed: int = 0
) -> tuple[float, float, float]:
    """Compare the emotion accuracy of a group with that of all others.

    Subjects are drawn, not faces, and each side's separately: errors on one person's faces go
    together (Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 8).

    Parameters
    ----------
    own, rest
        Faces and predictions of the group, and of the others; unlabelled faces count for nothing.
    looks
        How many comparisons are made in all. The interval is as wide as this many need
        (Bonferroni): otherwise, of ten groups that are alike, one would stand out in two data sets
        of five.
    seed
        Seed of the draws.

    Returns
    -------
    tuple of float
        Accuracy of `own` minus that of `rest`, and the low and high end of its 95 % interval.
    """
    first, second = _right_and_labelled(own), _right_and_labelled(rest)
    draws = two_sample_weights(len(first), len(second), resamples=_RESAMPLES, seed=seed)
    gaps = _accuracies(draws[0], first) - _accuracies(draws[1], second)
    return float(gaps[0]), *interval(gaps[1:], level=1 - (1 - LEVEL) / looks)


def _right_and_labelled(pairs: Pairs) -> Array:
    """Count right answers and labelled faces (s, 2) of each subject that has a labelled face."""
    labelled = [(sample, prediction) for sample, prediction in pairs if sample.emotion]
    right = [[sample.emotion == prediction.emotion, True] for sample, prediction in labelled]
    numbers: dict[str, int] = {}  # in the faces' order: another one would draw others
    subjects = [numbers.setdefault(sample.subject, len(numbers)) for sample, _ in labelled]
    return sum_by_subject(np.array(subjects, dtype=int), np.array(right, dtype=bool).reshape(-1, 2))


def _accuracies(weights: Array, counts: Array) -> Array:
    """Return accuracies of the sample and every resample (1 + r,); 0 where no face is labelled."""
    right, labelled = weigh(weights, counts).T
    shares: Array = right / np.maximum(labelled, 1)
    return shares
