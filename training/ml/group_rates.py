"""Figures of each group of people, each with its interval by subject.

The words are fairlearn's (Bird et al. 2020, "Fairlearn: A toolkit for assessing and improving
fairness in AI"), and tests hold the figures to fairlearn's. Intervals are a bootstrap over the
subjects of the group.

Shapes: any leading axes for subjects, groups or resamples; t targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.measures import confusion
from annotations.measures.bootstrap import (
    Array,
    estimate,
    estimate_share,
    resampling_weights,
    weigh,
)
from annotations.measures.counts import divide
from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.fairness_figures import GroupRates, TargetRates
from training.ml.group_tables import EMOTION, Group, GroupTables
from training.ml.interval import Interval

#: Figures of the emotion as a whole, and of each target.
OF_EMOTION = ("accuracy", "macro_f1", "calibration")
OF_TARGET = (
    "f1", "accuracy", "true_positive_rate", "false_positive_rate", "selection_rate", "calibration",
)  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Counts as `GroupTables` has them, of any subjects: (..., 3, 3), (..., t, 2, 2), (..., 2)."""

    emotions: Array
    tables: Array
    confidence: Array

    @classmethod
    def of(cls, tables: GroupTables, weights: Array) -> Sums:
        """Add up the subjects; weights (n, s) give sums of n groups or resamples."""
        return cls(
            weigh(weights, tables.emotions),
            weigh(weights, tables.tables),
            weigh(weights, tables.confidence),
        )


def emotion_figures(sums: Sums) -> dict[str, Array]:
    """Return figures (...) of the emotion as a whole, by the names of `OF_EMOTION`."""
    accuracy = confusion.accuracy(sums.emotions)
    sure = divide(sums.confidence[..., 0, 0], sums.confidence[..., 0, 1])
    macro = confusion.macro_f1(sums.emotions)
    return {"accuracy": accuracy, "macro_f1": macro, "calibration": sure - accuracy}


def target_figures(sums: Sums) -> dict[str, Array]:
    """Return figures (..., t) of the targets by the names of `OF_TARGET`; NaN where undefined."""
    tables, each = sums.tables, sums.confidence[..., 1:, :]
    sure = divide(each[..., 0], each[..., 1])
    return {
        "f1": confusion.f1(tables),
        "accuracy": confusion.accuracy(tables),
        "true_positive_rate": confusion.recall(tables),
        "false_positive_rate": 1 - confusion.specificity(tables),
        "selection_rate": confusion.selection_rate(tables),
        "calibration": sure - confusion.base_rate(tables),
    }


def telling(sums: Sums) -> dict[str, NDArray[np.bool_]]:
    """Return whether FEWEST_TO_TRUST faces count in each figure (..., t), by its name.

    Of a group with three faces that show a unit, its F1 says nothing.
    """
    absent, shown = (sums.tables[..., row, :].sum(axis=-1) for row in (0, 1))
    faces = {"f1": shown, "true_positive_rate": shown, "false_positive_rate": absent}
    return {name: faces.get(name, shown + absent) >= FEWEST_TO_TRUST for name in OF_TARGET}


def rates_of(tables: GroupTables, smallest: Array) -> tuple[GroupRates, ...]:
    """Measure every group.

    Parameters
    ----------
    tables
        The answers by subject.
    smallest
        (g,) as `harm.HarmTest` has it.
    """
    known = tables.faces > 0
    return tuple(
        GroupRates(
            dimension=group.dimension,
            group=group.name,
            tags=dict(group.tags),
            faces=int(tables.faces[group.members].sum()),
            subjects=int((known & group.members).sum()),
            enough=tables.is_enough(group),
            smallest_harm=rounded(float(least)),
            targets=tuple(_targets(tables, group)) if tables.is_enough(group) else (),
        )
        for group, least in zip(tables.groups, smallest, strict=True)
    )


def rates_of_everybody(tables: GroupTables) -> tuple[TargetRates, ...]:
    """Measure all subjects together."""
    everybody = np.ones(len(tables.faces), dtype=bool)
    return tuple(_targets(tables, Group({}, everybody)))


def _targets(tables: GroupTables, group: Group) -> Iterator[TargetRates]:
    chosen = np.flatnonzero(group.members)
    drawn = resampling_weights(len(chosen))
    weights = np.zeros((len(drawn), len(group.members)))
    weights[:, chosen] = drawn
    sums = Sums.of(tables, weights)
    if sums.emotions[0].any():
        counting = int((tables.emotions[chosen].sum(axis=(1, 2)) > 0).sum())
        intervals = {
            name: interval_of(name, values, counting)
            for name, values in emotion_figures(sums).items()
        }
        yield TargetRates(EMOTION, int(sums.emotions[0].sum()), 0, intervals)
    by_name, enough = target_figures(sums), telling(sums)
    supporting = _supporting(tables.tables[chosen])
    for column, target in enumerate(tables.targets):
        table = sums.tables[0, column]
        intervals = {
            name: interval_of(name, values[:, column], supporting[name][column])
            for name, values in by_name.items()
            if enough[name][0, column] and not np.isnan(values[0, column])
        }
        yield TargetRates(target, int(table.sum()), int(table[1].sum()), intervals)


def _supporting(tables: Array) -> dict[str, NDArray[np.int64]]:
    """Return the subjects (t,) that count in each figure; tables (s, t, 2, 2)."""
    every = (tables.sum(axis=(-2, -1)) > 0).sum(axis=0)
    shown, absent = (tables[..., row, :].sum(axis=-1) for row in (1, 0))
    f1 = (tables.sum(axis=(-2, -1)) - tables[..., 0, 0] > 0).sum(axis=0)
    found = {
        "f1": f1,
        "true_positive_rate": (shown > 0).sum(axis=0),
        "false_positive_rate": (absent > 0).sum(axis=0),
    }
    return {name: found.get(name, every) for name in OF_TARGET}


def interval_of(name: str, values: Array, subjects: int) -> Interval:
    """Return a figure (1 + r,) with its interval; shares end as `estimate_share` says."""
    found = (estimate if name == "calibration" else estimate_share)(values, subjects)
    return Interval(*(rounded(each) for each in (found.value, found.low, found.high)))


def rounded(value: float) -> float | None:
    """Return a figure to four places, as it is stored; None for NaN."""
    return None if np.isnan(value) else round(value, 4)
