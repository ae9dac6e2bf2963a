"""A drift check's outcome as values ready to draw: sentences, charts, tables. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from annotations.facs import EMOTIONS
from annotations.facs.picture_quality import Quality
from annotations.measures.support import FEWEST_TO_TRUST
from facsweb.charts.chart import Cell, Chart, Link
from training.ml.drift_figures import (
    ALPHA,
    DISTANCE,
    TESTS,
    Column,
    Drift,
    F1Line,
    ShiftTest,
)
from training.ml.interval import Interval
from training.ml.seen import PICTURES

NAMES = {"emotion_macro_f1": "Emotion macro F1", "au_macro_f1": "AU macro F1"}
#: What isn't a share of the faces.
_KINDS = {PICTURES[0]: "pixels", PICTURES[2]: "pixels", DISTANCE: "distance"}
_SIDES = ("training", "new faces")


@dataclass(frozen=True)
class ColumnRow:
    name: str
    before: str
    after: str
    p: str
    differs: bool
    faces: str


@dataclass(frozen=True)
class TestRow:
    """One test, in words; `columns` are worth reading only where it found something."""

    title: str
    said: str
    differs: bool
    made: bool
    columns: list[ColumnRow]


@dataclass(frozen=True)
class F1Row:
    name: str
    estimated: str
    interval: str
    measured: str
    before: str
    few: bool


@dataclass(frozen=True)
class DriftBoard:
    verdict: str
    is_unlike: bool
    tests: list[TestRow]
    f1: list[F1Row]
    charts: list[Chart]


def drift_board(found: Drift, gallery: str, scope: str) -> DriftBoard:
    """Draw up what a check found.

    Parameters
    ----------
    found
        The outcome.
    gallery
        The gallery's address.
    scope
        Its query for exactly the new faces.
    """
    unlike = found.unlike
    return DriftBoard(
        verdict=_verdict(found),
        is_unlike=bool(unlike),
        tests=[_test_row(test, scope) for test in found.tests],
        f1=[_f1_row(line) for line in found.performance],
        charts=[_shares(found.tests, f"{gallery}?", scope)] if found.tests else [],
    )


def faces_query(name: str, scope: str) -> str:
    """Return the gallery's query for the new faces that a column counts; "" where it has none.

    >>> faces_query("AU12", "model=3"), faces_query("dark", "model=3"), faces_query("in colour", "")
    ('au_model=12&model=3', 'quality=dark&model=3', '')
    """
    if name in EMOTIONS:
        asked = {"emotion_model": name}
    elif name.startswith("AU"):
        asked = {"au_model": name[2:]}
    elif name in list(Quality):
        asked = {"quality": name}
    else:
        return ""
    return f"{urlencode(asked)}&{scope}"


def _verdict(found: Drift) -> str:
    if found.too_few:
        return found.too_few
    made = [test for test in found.tests if test.adjusted is not None]
    least = min((test.adjusted or 0.0 for test in made), default=1.0)
    if not found.unlike:
        return (
            f"These faces look like the training’s, by {len(made)} tests (smallest corrected p "
            f"{_p(least)}). That is no proof: a small difference may go unseen."
        )
    told = "; ".join(
        f"{TESTS.get(test.name, test.name).lower()} (p {_p(test.adjusted)})"
        for test in found.unlike
    )
    return f"These faces differ from the training’s: {told}."


def _test_row(test: ShiftTest, scope: str) -> TestRow:
    title = TESTS.get(test.name, test.name)
    if test.p is None or test.adjusted is None:
        return TestRow(title, test.reason, differs=False, made=False, columns=[])
    differs = test.adjusted < ALPHA
    said = f"{'differs' if differs else 'alike'}: p {_p(test.adjusted)} (alone {_p(test.p)})"
    if test.name == "embedding" and test.columns:
        return TestRow(title, said + _distance(test.columns[0]), differs, made=True, columns=[])
    columns = [
        _column_row(each, scope)
        for each in test.columns
        if each.before or each.after or test.name != "quality"
    ]
    return TestRow(title, said, differs, True, columns)


def _distance(column: Column) -> str:
    before, after = _told(column.before, "distance"), _told(column.after, "distance")
    return f". {column.name.capitalize()}: {after}, of its own faces {before}; 1 is usual"


def _column_row(column: Column, scope: str) -> ColumnRow:
    kind = _KINDS.get(column.name, "share")
    return ColumnRow(
        column.name.replace("_", " "),
        _told(column.before, kind),
        _told(column.after, kind),
        _p(column.p),
        column.p is not None and column.p < ALPHA,
        faces_query(column.name, scope) if column.after else "",
    )


def _told(value: float | None, kind: str = "share") -> str:
    if value is None:
        return "–"
    if kind == "distance":
        return f"{value:.2f}"
    return f"{100 * value:.0f} %" if kind == "share" else f"{2**value:.0f} px"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    if value < 0.01:
        return "< .01"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _f1_row(line: F1Line) -> F1Row:
    few = line.positives is not None and line.positives < FEWEST_TO_TRUST
    before = "–"
    if line.estimated_before is not None and line.measured_before.value is not None:
        before = f"{line.estimated_before:.2f} / {line.measured_before.value:.2f}"
    return F1Row(
        NAMES.get(line.name, line.name.capitalize() if line.name.islower() else line.name),
        "too few to say" if few else _score(line.estimated.value),
        "" if few else _between(line.estimated),
        "–" if line.measured.value is None else f"{line.measured.value:.2f} on {line.labelled}",
        before,
        few,
    )


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _between(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f"{interval.low:.2f} to {interval.high:.2f}"


def _shares(tests: Sequence[ShiftTest], gallery: str, scope: str) -> Chart:
    """Draw how often each class and unit is answered, on either side, as pairs of dots."""
    columns = [c for test in tests if test.name in {"emotions", "units"} for c in test.columns]
    values = [
        {"name": column.name, "side": side, "share": round(share, 4)}
        for column in columns
        for side, share in zip(_SIDES, (column.before, column.after), strict=True)
        if share is not None
    ]
    rows: list[tuple[Cell, ...]] = []
    for column in columns:
        after = _told(column.after)
        query = faces_query(column.name, scope)
        rows.append(
            (
                column.name,
                _told(column.before),
                Link(after, gallery + query) if column.after else after,
                _p(column.p),
            )
        )
    unlike = [column.name for column in columns if column.p is not None and column.p < ALPHA]
    told = f"differs for {', '.join(unlike)}" if unlike else "differs for none"
    return Chart(
        "shares",
        "How often each answer is given",
        {"data": {"values": values}, "height": {"step": 20}, "layer": _dots(columns)},
        ("Answer", "Training", "New faces", "p"),
        tuple(rows),
        f"The share of faces with each answer, in the training and among new faces: {told}.",
    )


def _dots(columns: Sequence[Column]) -> list[Mapping[str, object]]:
    order = [column.name for column in columns]
    y = {"field": "name", "type": "nominal", "sort": order, "title": None}
    x = {
        "field": "share", "type": "quantitative", "title": "share of faces",
        "axis": {"format": ".0%"},
    }  # fmt: skip
    side = {"field": "side", "type": "nominal", "title": None, "sort": list(_SIDES)}
    ends = {"x": x | {"aggregate": "min"}, "x2": {"field": "share", "aggregate": "max"}, "y": y}
    return [
        {"mark": {"type": "rule", "style": "reference"}, "encoding": ends},
        {
            "mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {"x": x, "y": y, "color": side, "shape": side | {"legend": None}},
        },
    ]
