"""Who the model serves less well, and which labels are too rare: figures and plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from annotations.measures.bootstrap import (
    LEVEL,
    Array,
    interval,
    sum_by_subject,
    two_sample_weights,
    weigh,
)
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample

Pairs = Sequence[tuple[Sample, Prediction]]

DIMENSIONS = {"gender": "gender", "age_group": "age group", "ethnicity": "ethnicity"}
#: Fewer than these and a group's figures say more of chance than of the model.
MIN_FACES, MIN_SUBJECTS = 20, 5
#: A class this much rarer than the commonest is called out.
IMBALANCE_RATIO = 2.0
_RARE_UNIT = 0.05
_RESAMPLES = 4000


def group_figures(
    pairs: Pairs, figures: Callable[[Pairs], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Per demographic dimension, each group's counts and figures."""
    result = {}
    for dimension in DIMENSIONS:
        rows = []
        for group, members in sorted(_groups(pairs, dimension).items()):
            got = figures(members)
            emotion, units = got["emotion"] or {}, got["action_units"] or {}
            rows.append(
                {
                    "group": group,
                    "faces": got["faces"],
                    "subjects": got["subjects"],
                    "emotion_accuracy": emotion.get("accuracy"),
                    "emotion_macro_f1": emotion.get("macro_f1"),
                    "absent": emotion.get("absent"),
                    "au_macro_f1": units.get("macro_f1"),
                    "enough": got["faces"] >= MIN_FACES and got["subjects"] >= MIN_SUBJECTS,
                }
            )
        result[dimension] = rows
    return result


def flags(result: dict[str, Any], test_pairs: Pairs) -> list[dict[str, str]]:
    """Warnings in plain words: imbalance of the data, bias on the test subjects."""
    found = [*_absent(result["all"])]
    found += [*_emotion_imbalance(result["all"]), *_unit_imbalance(result["all"])]
    groups = result["test"]["groups"]
    looks = sum(len(_judged(rows)) for rows in groups.values())
    for dimension, name in DIMENSIONS.items():
        found += _bias(dimension, name, groups[dimension], test_pairs, looks)
    return found


def _judged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups that are compared with the rest; a single one has no rest."""
    judged = [row for row in rows if row["enough"] and row["emotion_accuracy"] is not None]
    return judged if len(judged) > 1 else []


def _groups(pairs: Pairs, dimension: str) -> dict[str, list[tuple[Sample, Prediction]]]:
    groups: dict[str, list[tuple[Sample, Prediction]]] = defaultdict(list)
    for pair in pairs:
        groups[pair[0].groups.get(dimension) or "not recorded"].append(pair)
    return groups


def _flag(kind: str, subject: str, severity: str, message: str) -> dict[str, str]:
    return {"kind": kind, "subject": subject, "severity": severity, "message": message}


def _absent(every: dict[str, Any]) -> list[dict[str, str]]:
    """Classes that macro F1 can't tell of, or counts 0."""
    if not every["emotion"]:
        return []
    absent = every["emotion"]["absent"]
    untrue, unsaid = absent["truth"], absent["predictions"]
    classes = every["emotion"]["classes"]
    found = []
    if len(classes) - len(untrue) == 1:
        (only,) = [name for name in classes if name not in untrue]
        message = (
            f"Every labelled face is {only}: an emotion is neither learned nor judged by one "
            "class, and an accuracy of 100% says nothing."
        )
        found.append(_flag("absent", only, "warning", message))
    for name in untrue:
        read = (
            "so it can't be judged, and macro F1 leaves it out."
            if name in unsaid
            else "but the model answers it: its F1 is 0 and counts in macro F1."
        )
        found.append(_flag("absent", name, "warning", f"No face is labelled {name}, {read}"))
    for name in unsaid:
        if name not in untrue:
            message = f"The model never answers {name}: its F1 is 0 and counts in macro F1."
            found.append(_flag("absent", name, "warning", message))
    return found


def _emotion_imbalance(every: dict[str, Any]) -> list[dict[str, str]]:
    if not every["emotion"]:
        return []
    supports = {name: row["support"] for name, row in every["emotion"]["per_class"].items()}
    most = max(supports, key=lambda name: supports[name])
    total = sum(supports.values())
    return [
        _flag(
            "imbalance",
            name,
            "warning",
            f"Only {count} of {total} faces are {name} ({count / total:.0%}), against "
            f"{supports[most]} {most}. Read its own F1, not the overall accuracy.",
        )
        for name, count in supports.items()
        if 0 < count * IMBALANCE_RATIO < supports[most]
    ]


def _unit_imbalance(every: dict[str, Any]) -> list[dict[str, str]]:
    per_au = (every["action_units"] or {"per_au": {}})["per_au"]
    return [
        _flag(
            "imbalance",
            f"AU{au}",
            "warning",
            f"AU{au} is present on {row['support']} of {row['faces']} faces "
            f"({row['base_rate']:.1%}): too rare to learn or to judge well.",
        )
        for au, row in per_au.items()
        if row["base_rate"] < _RARE_UNIT
    ]


def _bias(
    dimension: str, name: str, rows: list[dict[str, Any]], pairs: Pairs, looks: int
) -> list[dict[str, str]]:
    found = [
        _flag(
            "sample_size",
            row["group"],
            "info",
            f"{name.capitalize()} {row['group']}: {row['faces']} faces of "
            f"{row['subjects']} subjects are too few to judge.",
        )
        for row in rows
        if not row["enough"]
    ]
    for row in _judged(rows):
        rest = [pair for pair in pairs if _group_of(pair[0], dimension) != row["group"]]
        own = [pair for pair in pairs if _group_of(pair[0], dimension) == row["group"]]
        gap, low, high = accuracy_gap(own, rest, looks=looks)
        if high < 0:
            found.append(
                _flag(
                    "bias",
                    row["group"],
                    "warning",
                    f"Emotion accuracy for {name} {row['group']} is "
                    f"{row['emotion_accuracy']:.0%}, {-gap * 100:.0f} points below all others "
                    f"(95% interval by subject: {-high * 100:.0f} to {-low * 100:.0f} points).",
                )
            )
    return found


def _group_of(sample: Sample, dimension: str) -> str:
    return sample.groups.get(dimension) or "not recorded"


def accuracy_gap(
    own: Pairs, rest: Pairs, *, looks: int = 1, seed: int = 0
) -> tuple[float, float, float]:
    """Compare the emotion accuracy of a group with that of all others.

    Subjects are drawn, not faces, and each side's among themselves: a person's faces err together
    (Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 8).

    Parameters
    ----------
    own, rest
        Faces and predictions of the group, and of the others; unlabelled faces count for nothing.
    looks
        How many comparisons are made in all. The interval is as wide as so many need
        (Bonferroni): of ten groups alike, one would else stand out in two data sets of five.
    seed
        Of the draws.

    Returns
    -------
    tuple of float
        Accuracy of `own` less that of `rest`, and the low and high end of its 95 % interval.
    """
    first, second = _right_and_labelled(own), _right_and_labelled(rest)
    draws = two_sample_weights(len(first), len(second), resamples=_RESAMPLES, seed=seed)
    gaps = _accuracies(draws[0], first) - _accuracies(draws[1], second)
    return float(gaps[0]), *interval(gaps[1:], level=1 - (1 - LEVEL) / looks)


def _right_and_labelled(pairs: Pairs) -> Array:
    """(s, 2): right answers and labelled faces of each subject that has a labelled face."""
    labelled = [(sample, prediction) for sample, prediction in pairs if sample.emotion]
    right = [[sample.emotion == prediction.emotion, True] for sample, prediction in labelled]
    numbers: dict[str, int] = {}  # in the faces' order: another one would draw others
    subjects = [numbers.setdefault(sample.subject, len(numbers)) for sample, _ in labelled]
    return sum_by_subject(np.array(subjects, dtype=int), np.array(right, dtype=bool).reshape(-1, 2))


def _accuracies(weights: Array, counts: Array) -> Array:
    """Of the sample and every resample (1 + r,); 0 where no face is labelled."""
    right, labelled = weigh(weights, counts).T
    shares: Array = right / np.maximum(labelled, 1)
    return shares
