"""Figures of a benchmark: repeats, their middle and spread, and what they are held against."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

#: Where figures are written as lines of JSON, too, for `tests.benchmarks.all`.
_FILE = "BENCH_FIGURES"


@dataclass(frozen=True)
class Figure:
    """One thing that was measured.

    Attributes
    ----------
    name, unit
        What it is; a unit that ends in "/s" is better where it is larger, any other where smaller.
    values
        Each repeat.
    reference, against
        What it is held against, and that one's repeats in the same run; or one value that is
        quoted.
    source
        Where a quoted value comes from; empty where it was measured beside.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    reference: str = ""
    against: tuple[float, ...] = ()
    source: str = ""

    @property
    def middle(self) -> float:
        return statistics.median(self.values)

    @property
    def times(self) -> float | None:
        """How many times better than the reference it is."""
        if not self.against or not self.middle:
            return None
        theirs = statistics.median(self.against)
        return self.middle / theirs if self.unit.endswith("/s") else theirs / self.middle

    def to_json(self) -> dict[str, Any]:
        spread = {"low": min(self.values), "high": max(self.values), "repeats": len(self.values)}
        return asdict(self) | {"median": self.middle, "times": self.times} | spread

    def row(self) -> str:
        """A row of a Markdown table."""
        low, high = _said(min(self.values)), _said(max(self.values))
        spread = f"{low} to {high}, {len(self.values)}" if len(self.values) > 1 else "once"
        beside = ""
        if self.times is not None:
            theirs = _said(statistics.median(self.against))
            quoted = " (quoted)" if self.source else ""
            beside = f"{self.times:.2f} times {self.reference}, {theirs}{quoted}"
        return f"| {self.name} | {_said(self.middle)} {self.unit} | {spread} | {beside} |"


def tell(figure: Figure) -> None:
    """Print a figure, and keep it."""
    print(figure.row(), flush=True)
    keep(figure)


def keep(figure: Figure) -> None:
    """Hand a figure to the run that asked for it, where one did."""
    if path := os.environ.get(_FILE):
        with Path(path).open("a") as stream:
            stream.write(json.dumps(figure.to_json()) + "\n")


def asked_by(path: Path) -> dict[str, str]:
    """The environment in which figures are handed over in a file."""
    return {_FILE: str(path)}


def heading() -> str:
    return "| figure | median | spread, repeats | held against |\n|---|---|---|---|"


def _said(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def alternately(repeats: int, **works: Any) -> dict[str, list[tuple[float, float]]]:
    """(Clock, processor) seconds of each work, one after the other, again and again.

    What else a machine does then falls on all of them alike.
    """
    import time

    found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            began, used = time.perf_counter(), time.process_time()
            work()
            found[name].append((time.perf_counter() - began, time.process_time() - used))
    return found


def clock(seconds: Sequence[tuple[float, float]], each: int = 1) -> tuple[float, ...]:
    return tuple(one / each for one, _ in seconds)


def processor(seconds: Sequence[tuple[float, float]], each: int = 1) -> tuple[float, ...]:
    return tuple(one / each for _, one in seconds)
