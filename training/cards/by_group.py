"""Figures by group of people, and the harm that would have been found. No Django."""

from __future__ import annotations

from collections.abc import Iterator

from annotations.measures.groups import DIMENSIONS
from training.cards.document import TOO_FEW, Column, Figure, Form, Section, Table, Value
from training.ml.fairness_figures import Fairness, GroupRates
from training.ml.interval import Interval
from training.ml.metrics import GroupFigures, SplitFigures

_CROSSED = " × "
_GROUPS = (
    Column("group", "Group"),
    Column("emotion_accuracy", "Emotion accuracy", Form.PERCENT),
    Column("emotion_macro_f1", "Emotion F1", Form.SCORE),
    Column("au_macro_f1", "Action unit F1", Form.SCORE),
    Column("faces", "Faces", Form.COUNT),
    Column("subjects", "Subjects", Form.COUNT),
)
_SMALLEST_HARM = Column("smallest_harm", "Harm found from", Form.PERCENT)
_INTERSECTIONS = (
    Column("group", "Group"),
    Column("emotion_accuracy", "Emotion accuracy", Form.PERCENT),
    Column("emotion_macro_f1", "Emotion F1", Form.SCORE),
    Column("faces", "Faces", Form.COUNT),
    Column("subjects", "Subjects", Form.COUNT),
    _SMALLEST_HARM,
)


def by_group(test: SplitFigures, fairness: Fairness | None, made_by: str) -> Section:
    """Return figures by gender, age group and ethnicity.

    Parameters
    ----------
    test
        Figures of subjects whom the model never saw.
    fairness
        All that was measured of groups; None in runs of before.
    made_by
        The preprocessing behind the figures, in words.
    """
    tables = tuple(_tables(test, fairness, made_by))
    if not tables:
        return Section("by_group", "By group of people", ("No figures by group are recorded.",))
    says = ["Groups are tags as the data’s source recorded them; nothing was inferred from faces."]
    if fairness:
        says += _power(fairness)
    return Section("by_group", "By group of people", tuple(says), tables=tables)


def intersections(fairness: Fairness | None, made_by: str) -> Section:
    """Return figures by two tags at once: Mitchell et al.'s "intersectional results"."""
    key, title = "intersectional_results", "By two tags at once"
    crossed = [row for row in fairness.groups if _CROSSED in row.dimension] if fairness else []
    if not crossed:
        return Section(key, title, ("Not measured.",))
    dimensions = dict.fromkeys(row.dimension for row in crossed)
    tables = tuple(
        Table(
            dimension.replace(_CROSSED, "_and_"),
            _dimension_name(dimension),
            _INTERSECTIONS,
            tuple(_intersection(row) for row in crossed if row.dimension == dimension),
            made_by,
        )
        for dimension in dimensions
    )
    return Section(key, title, tables=tables)


def _dimension_name(dimension: str) -> str:
    names = (DIMENSIONS.get(each, each) for each in dimension.split(_CROSSED))
    return " and ".join(names).capitalize()


def _power(fairness: Fairness) -> Iterator[str]:
    if fairness.tolerance is not None:
        points = round(100 * fairness.tolerance)
        yield (
            f"{fairness.looks:,} gaps between a group and all others were looked at, with "
            "intervals for all of them at once; one is flagged where its interval lies more than "
            f"{points} points below."
        )
        yield (
            "“Harm found from”: the fall in accuracy that would be flagged in 8 of 10 data "
            "sets of the group’s size. Of a smaller one, no flag says nothing."
        )


def _tables(test: SplitFigures, fairness: Fairness | None, made_by: str) -> Iterator[Table]:
    groups = fairness.groups if fairness else ()
    for dimension, rows in (test.groups or {}).items():
        if not rows:
            continue
        title = _dimension_name(dimension)
        rates = [each for each in groups if each.dimension == dimension]
        harms = {each.group: each.smallest_harm for each in rates}
        columns = (*_GROUPS, _SMALLEST_HARM) if rates else _GROUPS
        told = tuple(
            (*_group(row), _harm(harms.get(row.group), enough=row.enough)) if rates else _group(row)
            for row in rows
        )
        yield Table(dimension, title, columns, told, made_by)
        judged = [each for each in rates if each.enough]
        if judged:
            yield _f1_by_target(dimension, title, judged, made_by)


def _group(row: GroupFigures) -> tuple[Value, ...]:
    names = ("emotion_accuracy", "emotion_macro_f1", "au_macro_f1")
    figures = (
        figure(getattr(row, name), (row.intervals or {}).get(name))
        if row.enough
        else Figure(note=TOO_FEW)
        for name in names
    )
    return (row.group, *figures, row.faces, row.subjects)


def figure(value: float | None, interval: Interval | None) -> Figure:
    """Return a figure with its interval, where that was measured."""
    if interval is None:
        return Figure(value)
    if interval.value is None:
        return Figure(note="undefined")
    return Figure(value, interval.low, interval.high)


def _harm(smallest: float | None, *, enough: bool) -> Figure:
    if not enough:
        return Figure(note=TOO_FEW)
    return Figure(smallest, note="" if smallest is not None else "none would be")


def _intersection(row: GroupRates) -> tuple[Value, ...]:
    told = next((each.figures for each in row.targets if each.target == "emotion"), {})
    rates = (
        _measured(told.get(name)) if row.enough else Figure(note=TOO_FEW)
        for name in ("accuracy", "macro_f1")
    )
    harm = _harm(row.smallest_harm, enough=row.enough)
    return (row.group, *rates, row.faces, row.subjects, harm)


def _measured(interval: Interval | None) -> Figure:
    if interval is None or interval.value is None:
        return Figure(note=TOO_FEW)
    return figure(interval.value, interval)


def _f1_by_target(dimension: str, title: str, rows: list[GroupRates], made_by: str) -> Table:
    """Return the F1 of each class and unit in each group that is judged."""
    names = dict.fromkeys(
        target.target for row in rows for target in row.targets if target.target != "emotion"
    )
    found = [{each.target: each.figures.get("f1") for each in row.targets} for row in rows]
    columns = (
        Column("name", "F1"),
        *(Column(f"group_{at}", row.group, Form.SCORE) for at, row in enumerate(rows, start=1)),
    )
    told: tuple[tuple[Value, ...], ...] = tuple(
        (name, *(_measured(each.get(name)) for each in found)) for name in names
    )
    return Table(f"{dimension}_f1", f"{title}: F1 by answer", columns, told, made_by)
