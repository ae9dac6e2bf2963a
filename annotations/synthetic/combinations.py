"""The sets of action units that are seen with an emotion, and how often."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

COMBINATIONS_PATH = Path(__file__).with_name("combinations.csv")


@dataclass(frozen=True)
class Combination:
    """A set of action units seen with an emotion, and how often."""

    high_level: str
    emotion: str
    action_units: tuple[int, ...]
    count: int


@lru_cache(maxsize=1)
def combinations() -> tuple[Combination, ...]:
    """Read the embedded counts of action-unit sets by emotion."""
    with COMBINATIONS_PATH.open(newline="", encoding="utf-8") as lines:
        return tuple(
            Combination(
                row["high_level"],
                row["emotion"],
                tuple(int(unit) for unit in row["action_units"].split("+")),
                int(row["count"]),
            )
            for row in csv.DictReader(lines)
        )
