"""Figures of demographic groups, and labels that are too rare, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from annotations.measures.groups import DIMENSIONS
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample
from training.ml.group_tables import MIN_FACES, MIN_SUBJECTS, Pairs, tag_of
from training.ml.interval import Interval
from training.ml.metrics import (
    AbsentEmotions,
    ActionUnitFigures,
    EmotionFigures,
    Flag,
    GroupFigures,
    SplitFigures,
)

#: A class this much rarer than the commonest is called out.
IMBALANCE_RATIO = 2.0
#: An action unit that a smaller share of the faces shows is called rare.
RARE_UNIT = 0.05


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


def flags(every: SplitFigures) -> list[Flag]:
    """Warn in plain words of imbalance in the data.

    Of what is read badly baselines.py warns, of groups group_flags.py.

    Parameters
    ----------
    every
        Figures of all faces.
    """
    found: list[Flag] = []
    if every.emotion:
        found += [*_absent(every.emotion), *_emotion_imbalance(every.emotion)]
    if every.action_units:
        found += _unit_imbalance(every.action_units)
    return found


def _groups(pairs: Pairs, dimension: str) -> dict[str, list[tuple[Sample, Prediction]]]:
    groups: dict[str, list[tuple[Sample, Prediction]]] = defaultdict(list)
    for pair in pairs:
        groups[tag_of(pair[0], dimension)].append(pair)
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
        if row.base_rate is not None and row.base_rate < RARE_UNIT
    ]
