"""Baselines: the figures of always giving the same answer, which a model has to beat."""

from __future__ import annotations

from collections.abc import Iterator

from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.metrics import ClassFigures, Flag, SplitFigures


def always_f1(base_rate: float) -> float:
    """Return the F1 of always finding what a share of the faces shows.

    Its precision is the base rate, its recall 1. No answer by chance has a greater F1: Lipton,
    Elkan & Naryanaswamy (2014), "Optimal Thresholding of Classifiers to Maximize F1 Measure".

    Parameters
    ----------
    base_rate
        0 to 1.

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


def below_baseline(figures: SplitFigures) -> list[Flag]:
    """Flag the classes and units that the model reads no better than a constant answer would.

    Parameters
    ----------
    figures
        Of subjects whom the model never saw. A class or unit is flagged where the whole 95 %
        interval of its F1 lies below `baseline_of`, and at least FEWEST_TO_TRUST faces show it.
    """
    found = []
    for name, row in _rows(figures):
        f1, baseline = (row.intervals or {}).get("f1"), baseline_of(row)
        if row.support < FEWEST_TO_TRUST or f1 is None or f1.high is None or baseline is None:
            continue
        if f1.high < baseline:
            message = (
                f"{name.capitalize() if name.islower() else name} is read worse than by always "
                f"saying so: F1 {f1.value:.2f} (95 % interval {f1.low:.2f} to {f1.high:.2f}) "
                f"against {baseline:.2f}. Don’t use this answer; collect more faces that show it, "
                "weight them more, or move its threshold."
            )
            found.append(Flag("below_baseline", name, "warning", message))
    return found


def _rows(figures: SplitFigures) -> Iterator[tuple[str, ClassFigures]]:
    if figures.emotion:
        yield from figures.emotion.per_class.items()
    if figures.action_units:
        for au, row in figures.action_units.per_au.items():
            yield f"AU{au}", row
