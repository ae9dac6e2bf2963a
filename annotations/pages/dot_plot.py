"""Positions of the marks on the agreement chart."""

from __future__ import annotations

from dataclasses import dataclass

from annotations.agreement.figures import Row
from annotations.measures.bootstrap import Estimate

#: The scale's left end; its right end is 1. Chance agreement is at 0.
LEAST = -0.25
WIDTH = 200


@dataclass(frozen=True)
class Mark:
    """A figure with its whisker, in units of the drawing."""

    x: float
    low: float
    high: float


@dataclass(frozen=True)
class Bar:
    row: Row
    kappa: Mark | None
    ac1: Mark | None


def bars_of(rows: list[Row]) -> list[Bar]:
    return [Bar(row, _mark(row.figure("kappa")), _mark(row.figure("ac1"))) for row in rows]


def place(value: float) -> float:
    inside = min(max(value, LEAST), 1.0)
    return round(WIDTH * (inside - LEAST) / (1 - LEAST), 1)


def _mark(figure: Estimate) -> Mark | None:
    if not figure.is_defined:
        return None
    low, high = (figure.low, figure.high) if figure.has_interval else (figure.value,) * 2
    return Mark(place(figure.value), place(low), place(high))
