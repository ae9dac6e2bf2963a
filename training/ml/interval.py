"""A figure with its 95 % interval, as runs store it."""

from __future__ import annotations

from dataclasses import dataclass

from training.ml.stored import Stored


@dataclass(frozen=True)
class Interval(Stored):
    """A figure and the ends of its 95 % interval by subject; None where they are undefined."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
