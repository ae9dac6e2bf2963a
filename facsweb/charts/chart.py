"""A chart: a specification, and the same figures as a table. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A Vega-Lite specification, as https://vega.github.io/vega-lite/docs/spec.html describes it.
Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """A cell of the table that leads somewhere: `text` is read, `href` an address of ours."""

    text: str
    href: str


Cell = str | int | float | Link | None


@dataclass(frozen=True)
class Chart:
    """One chart and the table behind it.

    Attributes
    ----------
    name
        A slug, unique on its page: `?chart=NAME&format=svg` of the page's address is its picture.
    title
        What the figure is headed with; the specification needs no title.
    spec
        Vega-Lite with its data inline and without colours or fonts of its own: the theme has them
        by day and by night. Without `width`, too: it takes what the page has. Small multiples
        are a `facet` or `repeat` with `columns`, of which a narrow page shows fewer.
    columns, rows
        The table: each row has a cell for each column. A `Link` in it is what the keyboard follows.
    alt
        What the picture shows, for who doesn't see it: the finding, not the form.
    """

    name: str
    title: str
    spec: Spec
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    alt: str


def plain_cell(cell: Cell) -> str | int | float:
    """Return what a file holds of a cell: a link's words, "" for nothing."""
    if isinstance(cell, Link):
        return cell.text
    return "" if cell is None else cell
