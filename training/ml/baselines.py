"""Baselines: the figures of always giving the same answer, which a model has to beat."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from annotations.measures import confusion
from annotations.measures.bootstrap import Array, resampling_weights, weigh
from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.at_once import ends_at_once
from training.ml.group_tables import Pairs, tables_of
from training.ml.metrics import ClassFigures, Flag

Rate = TypeVar("Rate", float, Array)


def always_f1(base_rate: Rate) -> Rate:
    """Return the F1 of always finding what a share of the faces shows.

    Its precision is the base rate, its recall 1. No answer by chance has a greater F1: Lipton,
    Elkan & Naryanaswamy (2014), "Optimal Thresholding of Classifiers to Maximize F1 Measure".

    Parameters
    ----------
    base_rate
        0 to 1; a number, or an array of them.

    Examples
    --------
    >>> always_f1(0.25)
    0.4
    """
    return 2 * base_rate / (1 + base_rate)


def baseline_of(row: ClassFigures) -> float | None:
    """Return the F1 of always saying so; None where the base rate was not measured."""
    rate = (row.intervals or {}).get("base_rate")
    return None if rate is None or rate.value is None else always_f1(rate.value)


def below_baseline(pairs: Pairs) -> list[Flag]:
    """Flag the classes and units that the model reads no better than a constant answer would.

    F1 is compared with `always_f1` on the same draws of subjects, and the intervals of all
    differences hold at once (`at_once.py`). A class or unit is flagged where its whole interval
    lies below 0, and at least FEWEST_TO_TRUST faces show it.

    Parameters
    ----------
    pairs
        Faces of subjects whom the model never saw, and what it says of them.
    """
    if not pairs:
        return []
    counted = tables_of(pairs)
    enough = counted.tables[:, :, 1].sum(axis=(0, 2)) >= FEWEST_TO_TRUST
    if not enough.any():
        return []
    drawn = weigh(resampling_weights(len(counted.tables)), counted.tables[:, enough])
    f1, baseline = confusion.f1(drawn), always_f1(confusion.base_rate(drawn))
    low, high = ends_at_once(f1 - baseline)
    names = [name for name, kept in zip(counted.targets, enough, strict=True) if kept]
    return [
        _flag(
            names[column],
            f"F1 {f1[0, column]:.2f} against {baseline[0, column]:.2f} "
            f"({-high[column]:.2f} to {-low[column]:.2f} less",
        )
        for column in np.flatnonzero(high < 0)
    ]


def _flag(name: str, told: str) -> Flag:
    message = (
        f"{name.capitalize() if name.islower() else name} is read worse than by always saying so: "
        f"{told}, with 95% intervals over all classes and units at once). Don’t use this answer; "
        "collect more faces that show it, weight them more, or move its threshold."
    )
    return Flag("below_baseline", name, "warning", message)
