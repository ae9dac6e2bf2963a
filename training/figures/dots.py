"""Figures of classes and units as dots on one axis: a row each, with interval and baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotations.measures.support import FEWEST_TO_TRUST
from training.figures.bars import (
    Whisker,
    emotion_query,
    percent_of,
    percent_text,
    score_text,
    unit_query,
)
from training.ml.baselines import baseline_of
from training.ml.interval import Interval
from training.ml.metrics import ClassFigures, UnitFigures

#: Orders of rows, by their name in a page's address.
ORDERS = {"": "as in FACS", "best": "best first", "worst": "worst first"}


@dataclass(frozen=True)
class Dot:
    """One row of a dot plot from 0 to 1, places in per cent of its width.

    Attributes
    ----------
    label
        A class, or a unit such as "AU12".
    at
        Where its F1 lies; None where too few faces show it to say.
    text, interval
        The figure and its 95 % interval as they are read.
    whisker
        The interval; None where there is none.
    baseline
        Where the F1 of always saying so lies; None where it was not measured.
    baseline_text
        That F1 as it is read.
    support, share
        Faces that truly show it, and their share of those on which it is coded, as it is read.
    faces
        The gallery's query for them.
    average_precision
        The area under precision over recall, as it is read; empty where nothing is known of it. By
        chance it is `share`.
    """

    label: str
    at: float | None
    text: str
    interval: str
    whisker: Whisker | None
    baseline: float | None
    baseline_text: str
    support: int
    share: str
    faces: str
    average_precision: str = ""


def class_dots(per_class: Mapping[str, ClassFigures]) -> list[Dot]:
    """Draw the F1 of each emotion."""
    total = sum(row.support for row in per_class.values())
    return [
        _dot(name.capitalize(), row, row.support / total if total else None, emotion_query(name))
        for name, row in per_class.items()
    ]


def unit_dots(per_au: Mapping[int, UnitFigures], order: str = "") -> list[Dot]:
    """Draw the F1 of each action unit, in one of `ORDERS`; units too rare to judge come last."""
    dots = [
        _dot(f"AU{au}", row, row.base_rate, unit_query(au)) for au, row in sorted(per_au.items())
    ]
    return _ordered(dots, order)


def _ordered(dots: Sequence[Dot], order: str) -> list[Dot]:
    if order not in ("best", "worst"):
        return list(dots)
    sign = -1 if order == "best" else 1
    return sorted(dots, key=lambda dot: (dot.at is None, sign * (dot.at or 0)))


def interval_range(found: Interval | None) -> str:
    """Write an interval's ends; empty where there are none.

    >>> interval_range(Interval(0.8, 0.712, 0.874))
    '0.71–0.87'
    """
    if found is None or found.low is None or found.high is None:
        return ""
    return f"{score_text(found.low)}–{score_text(found.high)}"


def _dot(label: str, row: ClassFigures, share: float | None, faces: str) -> Dot:
    known = row.support >= FEWEST_TO_TRUST and row.f1 is not None
    found, baseline = (row.intervals or {}).get("f1"), baseline_of(row)
    area = (row.intervals or {}).get("average_precision")
    ends = found is not None and found.low is not None and known
    return Dot(
        label=label,
        at=percent_of(row.f1) if known else None,
        text=score_text(row.f1) if known else "too few to say",
        interval=interval_range(found) if known else "",
        whisker=Whisker(percent_of(found.low), percent_of(found.high)) if ends and found else None,
        baseline=None if baseline is None else percent_of(baseline),
        baseline_text=score_text(baseline),
        support=row.support,
        share=percent_text(share),
        faces=faces,
        average_precision=score_text(area.value) if area and known else "",
    )
