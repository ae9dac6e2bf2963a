"""A comparison as lines ready to draw: figures in words, differences with whiskers. No Django."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from annotations.measures.groups import DIMENSIONS
from training.ml.compared import (
    ALIKE,
    HIGHER,
    LOWER,
    TOO_FEW,
    Compared,
    ComparisonFigures,
    McNemar,
)
from training.ml.guard import difference_text, label_of, signed
from training.ml.interval import Interval
from training.ml.paired import OVERALL

#: What is drawn reaches from 0 to this, with no difference in the middle.
WIDTH = 200
WORDS = {
    HIGHER: "better",
    LOWER: "worse",
    ALIKE: "cannot be told apart",
    TOO_FEW: "too few to say",
}
_LEAST_SCALE = 0.1
#: Below this, a p-value's digits say nothing.
_LEAST_P = 0.001


@dataclass(frozen=True)
class Mark:
    """A difference with its whisker, from 0 to WIDTH."""

    x: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """One figure of two coders.

    Attributes
    ----------
    label
        What it is of.
    note
        How many faces it rests on.
    first, other
        Both figures.
    difference
        The second minus the first, with its interval.
    verdict
        One of HIGHER, LOWER, ALIKE and TOO_FEW, without blanks: a CSS class.
    words
        The verdict in words.
    mark
        None where nothing can be drawn.
    """

    label: str
    note: str
    first: str
    other: str
    difference: str
    verdict: str
    words: str
    mark: Mark | None


@dataclass(frozen=True)
class Plot:
    """Lines on one scale, from `-scale` to `scale`."""

    lines: list[Line]
    scale: str


@dataclass(frozen=True)
class GroupLine:
    group: str
    faces: int
    subjects: int
    #: Two of them: emotion accuracy and AU macro F1; empty of a group that is too small.
    lines: list[Line]


@dataclass(frozen=True)
class Cell:
    """One coder's figure with its interval."""

    coder: str
    value: str
    interval: str


@dataclass(frozen=True)
class Row:
    label: str
    note: str
    cells: list[Cell]


def table_of(figures: ComparisonFigures, coders: Sequence[str]) -> list[Row]:
    """Return every coder's figures side by side.

    Parameters
    ----------
    coders
        Their names, the first one's first.
    """
    rows = (*figures.overall, *figures.classes, *figures.units)
    return [
        Row(
            label_of(row.name),
            _note(row),
            [_cell(name, each) for name, each in zip(coders, row.figures, strict=True)],
        )
        for row in rows
    ]


def plots_of(figures: ComparisonFigures, coder: int) -> list[tuple[str, Plot]]:
    """Return a coder's differences to the first, by heading.

    Parameters
    ----------
    coder
        Its place among the compared, from 1.
    """
    worst = [
        (replace(row, positives=0), f"{label_of(row.name)}, worst {DIMENSIONS[dimension]}")
        for dimension, rows in figures.worst.items()
        for row in rows
        if row.name != "emotion_macro_f1"
    ]
    parts = [
        ("Overall", [*_labelled(figures.overall), *worst]),
        ("F1 of each emotion", _labelled(figures.classes)),
        ("F1 of each action unit", _labelled(figures.units)),
    ]
    return [(title, plot_of(rows, coder)) for title, rows in parts if rows]


def plot_of(rows: Sequence[tuple[Compared, str]], coder: int) -> Plot:
    """Return rows with their labels on the least scale that holds them all."""
    ends = [
        abs(end)
        for row, _ in rows
        for end in _ends(row.differences[coder - 1])
        if row.verdict(coder) != TOO_FEW
    ]
    scale = max([_LEAST_SCALE, *(math.ceil(round(10 * end, 6)) / 10 for end in ends)])
    return Plot([_line(row, label, coder, scale) for row, label in rows], f"{scale:.1f}")


def groups_of(figures: ComparisonFigures, coder: int) -> list[tuple[str, list[GroupLine]]]:
    """Return the groups of each dimension, with a coder's differences to the first."""
    return [
        (
            DIMENSIONS[dimension],
            [
                GroupLine(
                    group.group,
                    group.faces,
                    group.subjects,
                    [
                        _line(row, label_of(row.name), coder, 1)
                        for row in group.rows
                        if row.name != "emotion_macro_f1"
                    ],
                )
                for group in groups
            ],
        )
        for dimension, groups in figures.groups.items()
        if groups
    ]


def summary_of(figures: ComparisonFigures, coder: int) -> list[str]:
    """Say of each overall figure whether a coder's is better or worse than the first's."""
    return [
        f"{label_of(row.name)}: {WORDS[row.verdict(coder)]} "
        f"({difference_text(row.differences[coder - 1])})."
        for row in figures.overall
    ]


def mcnemar_text(test: McNemar, first: str, other: str) -> str:
    """Say what McNemar's test found, by which way, and what that ignores."""
    way = (
        "exact binomial, as fewer than 25 faces differ"
        if test.exact
        else "chi-square with continuity correction"
    )
    told = (
        f"Only {first} reads the emotion of {_faces(test.first_only)} rightly, and only {other} "
        f"that of {_faces(test.other_only)}. McNemar’s test: {p_text(test.p_value)} ({way}), as if "
        "faces were independent, which those of one subject aren’t"
    )
    if test.p_by_subject is None:
        return f"{told}; there are too few subjects to test by subject."
    verdict = "cannot be told apart" if test.p_by_subject >= 0.05 else "differ"
    return f"{told}; by subject, {p_text(test.p_by_subject)}: they {verdict}."


def p_text(value: float) -> str:
    """Write a p-value.

    >>> p_text(0.0412), p_text(1e-9)
    ('p = 0.041', 'p < 0.001')
    """
    return f"p < {_LEAST_P}" if value < _LEAST_P else f"p = {value:.3f}"


def place(value: float, scale: float) -> float:
    inside = min(max(value, -scale), scale)
    return round(WIDTH * (inside + scale) / (2 * scale), 1)


def _labelled(rows: Iterable[Compared]) -> list[tuple[Compared, str]]:
    return [(row, label_of(row.name)) for row in rows]


def _line(row: Compared, label: str, coder: int, scale: float) -> Line:
    difference, verdict = row.differences[coder - 1], row.verdict(coder)
    mark = None
    if verdict != TOO_FEW:
        value, low, high = _ends(difference)
        mark = Mark(place(value, scale), place(low, scale), place(high, scale))
    return Line(
        label=label,
        note=_note(row),
        first=_score(row.figures[0].value),
        other=_score(row.figures[coder].value),
        difference=_difference(difference),
        verdict=verdict.replace(" ", "-"),
        words=WORDS[verdict],
        mark=mark,
    )


def _ends(difference: Interval) -> tuple[float, ...]:
    """Return a difference and the ends of its interval, where it has them."""
    ends = (difference.value, difference.low, difference.high)
    return tuple(each for each in ends if each is not None)


def _difference(difference: Interval) -> str:
    if difference.low is None or difference.high is None:
        return signed(difference.value)
    low, high = signed(difference.low), signed(difference.high)
    return f"{signed(difference.value)} ({low} to {high})"


def _cell(coder: str, figure: Interval) -> Cell:
    ends = ""
    if figure.low is not None and figure.high is not None:
        ends = f"{figure.low:.2f} to {figure.high:.2f}"
    return Cell(coder, _score(figure.value), ends)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _note(row: Compared) -> str:
    """Say how many faces a figure rests on; nothing of whichever group is the worst."""
    if not row.positives and row.name in OVERALL:
        return ""
    if row.positives == row.faces:
        return _faces(row.faces)
    return f"on {row.positives} of {row.faces} faces"


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count:,} faces"
