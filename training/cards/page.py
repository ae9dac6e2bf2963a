"""A document's tables as a page draws them: words, and lines for intervals. No Django."""

from __future__ import annotations

from dataclasses import dataclass

from training.cards.document import Document, Fact, Figure, Form, Section, Table, Value, text_of
from training.figures.bars import percent_of


@dataclass(frozen=True)
class Line:
    """An interval on a line from 0 to 1: where things lie, in per cent, as SVG writes numbers.

    Attributes
    ----------
    start, end, at
        Of the interval, and the figure itself.
    baseline
        Of the figure beside; empty where there is none.
    """

    start: str
    end: str
    at: str
    baseline: str = ""


@dataclass(frozen=True)
class Cell:
    """A value in words.

    Attributes
    ----------
    is_number
        Whether it is read in a column of numbers.
    line
        Its interval; None where nothing is drawn.
    """

    text: str
    is_number: bool = False
    line: Line | None = None


@dataclass(frozen=True)
class Grid:
    """A table that is ready to draw."""

    table: Table
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def has_lines(self) -> bool:
        """True if any interval is drawn."""
        return any(cell.line for row in self.rows for cell in row)


@dataclass(frozen=True)
class Part:
    """A section, its smaller sections among `parts`, that is ready to draw."""

    section: Section
    grids: tuple[Grid, ...]
    parts: tuple[Part, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The section's facts."""
        return self.section.facts


def parts_of(document: Document) -> tuple[Part, ...]:
    """Draw up a document's sections."""
    return tuple(map(_part, document.sections))


def _part(section: Section) -> Part:
    grids = tuple(map(_grid, section.tables))
    return Part(section, grids, tuple(map(_part, section.sections)))


def _grid(table: Table) -> Grid:
    return Grid(table, tuple(_row(table, row) for row in table.rows))


def _row(table: Table, row: tuple[Value, ...]) -> tuple[Cell, ...]:
    """Draw the first figure of a row as a line, and all where all are alike."""
    named = {column.key: value for column, value in zip(table.columns, row, strict=True)}
    baseline = named.get("baseline")
    alike = len({column.form for column in table.columns[1:]}) == 1 and len(table.columns) > 2
    drawn = False
    cells = []
    for column, value in zip(table.columns, row, strict=True):
        text = text_of(value, column.form)
        if (
            (drawn and not alike)
            or not isinstance(value, Figure)
            or value.low is None
            or value.high is None
        ):
            cells.append(Cell(text, column.form is not Form.TEXT))
            continue
        drawn = True
        start, end, at = (str(percent_of(each)) for each in (value.low, value.high, value.value))
        beside = baseline.value if isinstance(baseline, Figure) else None
        line = Line(start, end, at, "" if beside is None else str(percent_of(beside)))
        cells.append(Cell(text, True, line))
    return tuple(cells)
