"""What simulated coders said, kept beside the database, as tables for published.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from annotations import facs
from annotations.agreement.figures import Report
from tests.annotations.agreement import published

NAN = float("nan")
LEVELS = {"-": 0.0, "+": NAN, "A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0, "E": 5.0}


@dataclass(frozen=True)
class Said:
    """A reading: unit -> "-" absent, "+" present, or its letter. What isn't named isn't coded."""

    emotion: str = ""
    units: Mapping[int, str] = field(default_factory=dict)


#: Face -> coder -> what they say of it now.
Table = Mapping[int, Mapping[int, Said]]


def expected_figures(said: Table, coders: Sequence[int]) -> dict[str, dict[str, float]]:
    """By row ("AU12", "units", "emotion", "intensity"), by statistic."""
    units = sorted({au for line in said.values() for each in line.values() for au in each.units})
    presence = {au: _presence(said, coders, au) for au in units}
    presence = {au: table for au, table in presence.items() if _is_shared(table)}
    grades = {au: _grades(said, coders, au) for au in presence}
    rows = {
        f"AU{au}": published.nominal_figures(table, 2) | _icc([grades[au]])
        for au, table in presence.items()
    }
    if presence:
        rows["units"] = published.nominal_figures(np.vstack(list(presence.values())), 2)
        rows["intensity"] = _icc(list(grades.values()))
    emotions = np.array([[_emotion(line.get(coder)) for coder in coders] for line in said.values()])
    if len(emotions) and _is_shared(emotions):
        rows["emotion"] = published.nominal_figures(emotions, len(facs.EMOTIONS))
    return {key: row for key, row in rows.items() if row}


def check(report: Report, expected: Mapping[str, Mapping[str, float]]) -> int:
    """Compare each figure with the packages'; answer how many were compared."""
    compared = 0
    shown = {row.key: row for row in report.rows}
    assert shown.keys() - {"intensity"} == expected.keys() - {"intensity"}
    for key, figures in expected.items():
        for name, value in figures.items():
            figure = shown[key].figure(name).value
            assert figure == pytest.approx(value, abs=1e-9, nan_ok=True), (key, name)
            compared += 1
    return compared


def _icc(tables: list[np.ndarray]) -> dict[str, float]:
    return {"icc": published.icc(tables)} if published.fewest_graded(tables) >= 5 else {}


def _presence(said: Table, coders: Iterable[int], au: int) -> np.ndarray:
    def rating(each: Said | None) -> float:
        return NAN if each is None or au not in each.units else float(each.units[au] != "-")

    return np.array([[rating(line.get(coder)) for coder in coders] for line in said.values()])


def _grades(said: Table, coders: Iterable[int], au: int) -> np.ndarray:
    """A coding counts if each unit that it calls present has a letter, and its coder grades."""
    graders = {
        coder for line in said.values() for coder, each in line.items()
        if set(each.units.values()) & set("ABCDE")
    }  # fmt: skip

    def grade(coder: int, each: Said | None) -> float:
        if each is None or coder not in graders or "+" in each.units.values():
            return NAN
        return LEVELS[each.units[au]] if au in each.units else NAN

    return np.array([[grade(coder, line.get(coder)) for coder in coders] for line in said.values()])


def _emotion(each: Said | None) -> float:
    return NAN if each is None or not each.emotion else float(facs.EMOTIONS.index(each.emotion))


def _is_shared(table: np.ndarray) -> bool:
    return bool(((~np.isnan(table)).sum(axis=1) >= 2).any())
