"""Another program's readings of faces, row by row: what OpenFace's and Py-Feat's tables share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from annotations.importers.csv_text import CsvError, Table, open_table
from annotations.importers.rows import Refused, RowError, UnreadableSource

_FILE_COLUMNS = ("filepath", "filename", "input", "face", "image")
_UNIT = re.compile(r"\AAU(\d{1,2})(_[rc])?\Z", re.IGNORECASE)
_NOT_CODED = {"", "nan", "na", "none", "null"}


@dataclass(frozen=True)
class PredictedUnit:
    """Presence, with a probability of 0 to 1 or an intensity of 0 to 5 where one is given."""

    present: bool
    probability: float | None = None
    intensity: float | None = None


@dataclass(frozen=True)
class Prediction:
    """What a program says of the picture that `picture` names: the last part of a path."""

    picture: str
    line: int
    frame: int | None = None
    action_units: Mapping[int, PredictedUnit] = field(default_factory=dict)
    emotion: str = ""
    emotion_probabilities: Mapping[str, float] | None = None
    cells: Sequence[str] = ()


@dataclass(frozen=True)
class RefusedRow:
    """A row that was refused, with its cells, so that it can be mended and sent again."""

    error: RowError
    cells: Sequence[str]


@dataclass(frozen=True)
class Header:
    names: tuple[str, ...]

    def unit_columns(self, suffix: str = "") -> dict[int, str]:
        """Action unit -> the column of that suffix (`_r`, `_c` or none)."""
        found = {}
        for name in self.names:
            match = _UNIT.match(name)
            if match and (match[2] or "").lower() == suffix:
                found[int(match[1])] = name
        return found

    @property
    def file_column(self) -> str | None:
        lower = {name.lower(): name for name in reversed(self.names)}
        return next((lower[name] for name in _FILE_COLUMNS if name in lower), None)


def read_header(path: Path) -> Header:
    """The first row's names, stripped. Raises UnreadableSource."""
    with _table(path) as table:
        return Header(tuple(table.header))


def read_rows(path: Path) -> Iterator[tuple[int, list[str], dict[str, str] | RefusedRow]]:
    """(line, cells, cells by column name), one row at a time; a line that is no row is refused."""
    with _table(path) as table:
        for line, cells in table:
            if isinstance(cells, CsvError):
                yield line, [], _refused(path, line, "line", str(cells), cells.cells)
            elif any("\0" in cell for cell in cells):
                message = "Malformed line: it holds a NUL character."
                yield line, cells, _refused(path, line, "line", message, cells)
            else:
                yield line, cells, dict(zip(table.header, cells, strict=True))


@contextmanager
def _table(path: Path) -> Iterator[Table]:
    try:
        with open_table(path) as table:
            names = table.header
            if len(set(names)) != len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise UnreadableSource(f"Duplicate column {twice[:60]!r}.")
            yield table
    except CsvError as error:
        raise UnreadableSource(str(error)) from None


def picture_of(cells: Mapping[str, str], header: Header, path: Path) -> str:
    """What the row's file column names, else the table's own name: OpenFace writes one a picture.

    >>> picture_of({"input": "/data/S005_001_00000011.png"}, Header(("input",)), Path("all.csv"))
    'S005_001_00000011'
    """
    column = header.file_column
    written = cells[column].strip().replace("\\", "/") if column else path.name
    name = written.rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    if not stem:
        raise Refused(column or "file", "The row names no picture.")
    return stem


def number(cells: Mapping[str, str], column: str, low: float, high: float) -> float | None:
    """A cell's number within bounds; None where it is blank or NaN. Raises Refused."""
    text = cells[column].strip()
    if text.lower() in _NOT_CODED:
        return None
    try:
        value = float(text)
    except ValueError:
        raise Refused(column, f"{text[:40]!r} is not a number.") from None
    if math.isnan(value):
        return None
    if not low <= value <= high:
        raise Refused(column, f"{text[:40]} is not within {low:g} and {high:g}.")
    return value


def refuse(path: Path, line: int, refused: Refused, cells: Sequence[str]) -> RefusedRow:
    return _refused(path, line, refused.field, refused.message, cells)


def _refused(path: Path, line: int, field: str, message: str, cells: Sequence[str]) -> RefusedRow:
    return RefusedRow(RowError(path.name, line, field, message), cells)
