"""Readings of faces by another program, row by row: what OpenFace's and Py-Feat's tables share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from annotations import facs
from annotations.formats.readers.csv_text import CsvError, Table, open_table
from annotations.formats.readers.spellings import with_point
from annotations.formats.rows import Refused, RowError, UnreadableSource

_FILE_COLUMNS = ("filepath", "filename", "input", "face", "image")
_UNIT = re.compile(r"\AAU[ _]?0*([0-9]{1,3})(_[rc])?\Z", re.IGNORECASE)
_LIKE_A_UNIT = re.compile(
    r"(AU|action.?unit)[ _.-]*[0-9].*|[LR][0-9]{1,2}|AUs?|FACS.*|action.?units?", re.IGNORECASE
)


@dataclass(frozen=True)
class PredictedUnit:
    """A unit's presence, with its probability (0 to 1) or intensity (0 to 5) where one is given."""

    present: bool
    probability: float | None = None
    intensity: float | None = None


@dataclass(frozen=True)
class Prediction:
    """A row's reading of one picture.

    Attributes
    ----------
    picture
        The picture that is meant, as far as the table writes it: with folders and suffix. "" stands
        for the picture or sequence that the table is named after.
    line
        The line at which the row starts.
    emotion, emotion_probabilities
        One of the three classes or "", and class -> probability or None.
    cells
        The row as it came.
    """

    picture: str
    line: int
    frame: int | None = None
    action_units: Mapping[int, PredictedUnit] = field(default_factory=dict)
    emotion: str = ""
    emotion_probabilities: Mapping[str, float] | None = None
    #: What else is worth keeping, such as how sure the program is that there is a face.
    extra: Mapping[str, Any] = field(default_factory=dict)
    cells: Sequence[str] = ()


@dataclass(frozen=True)
class RefusedRow:
    """A row that was refused, with its cells, so that it can be mended and sent again."""

    error: RowError
    cells: Sequence[str]
    #: As in Prediction, as far as they could be read.
    picture: str = ""
    frame: int | None = None


@dataclass(frozen=True)
class Header:
    """The columns' names, as they are written."""

    names: tuple[str, ...]

    def unit_columns(self, suffix: str = "") -> dict[int, str]:
        """Find the columns of action units.

        Parameters
        ----------
        suffix
            Of the columns that are meant: `_r`, `_c` or none.

        Returns
        -------
        dict
            Action unit -> its column; also units that FACS doesn't have.

        Raises
        ------
        UnreadableSource
            Two columns are of the same unit.

        Examples
        --------
        >>> Header(("AU01_r", "AU12_c", "au12_r")).unit_columns("_r")
        {1: 'AU01_r', 12: 'au12_r'}
        """
        found: dict[int, str] = {}
        for name in self.names:
            match = _UNIT.match(name)
            if match and (match[2] or "").lower() == suffix:
                au = int(match[1])
                if au in found:
                    raise UnreadableSource(
                        f"Columns {found[au]!r} and {name!r} are the same action unit; keep one."
                    )
                found[au] = name
        return found

    def unread_units(self, *read: Mapping[int, str]) -> list[str]:
        """Return the columns that look like action units and are none of those read.

        Parameters
        ----------
        read
            What `unit_columns` found, for each suffix that is read.
        """
        names = {
            name for columns in read for au, name in columns.items() if au in facs.ACTION_UNITS
        }
        return [n for n in self.names if _LIKE_A_UNIT.fullmatch(n) and n not in names]

    @cached_property
    def file_column(self) -> str | None:
        """The column that names the picture, such as `filepath` or `input`; None without one."""
        return next((self._lower[name] for name in _FILE_COLUMNS if name in self._lower), None)

    def column(self, name: str) -> str | None:
        """Return the column of a name, which is given in lower case and may be in any; or None."""
        return self._lower.get(name)

    @cached_property
    def _lower(self) -> dict[str, str]:
        return {name.lower(): name for name in reversed(self.names)}


def read_header(path: Path) -> Header:
    """Read the names of a table's columns, stripped.

    Raises
    ------
    UnreadableSource
        It is no CSV as `csv_text.open_table` opens it, or has two columns of one name.
    """
    with _table(path) as table:
        return Header(tuple(table.header))


def read_rows(path: Path) -> Iterator[tuple[int, list[str], dict[str, str] | RefusedRow]]:
    """Read a table row by row.

    Yields
    ------
    tuple
        The line that the row starts at, its cells, and its cells by column name or, for a line that
        is no row, a RefusedRow. By name, `0,5` is 0.5 where something else than commas stands
        between cells.

    Raises
    ------
    UnreadableSource
        As `read_header` does.
    """
    with _table(path) as table:
        for line, cells in table:
            if isinstance(cells, CsvError):
                yield line, [], _refused(path, line, "line", str(cells), cells.cells)
            elif any("\0" in cell for cell in cells):
                message = "Malformed line: it holds a NUL character."
                yield line, cells, _refused(path, line, "line", message, cells)
            else:
                values = cells if table.delimiter == "," else map(with_point, cells)
                yield line, cells, dict(zip(table.header, values, strict=True))


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


def refuse(
    path: Path, line: int, refused: Refused, cells: Sequence[str], picture: str, frame: int | None
) -> RefusedRow:
    """Return the refusal of a row.

    Parameters
    ----------
    line
        The line at which the row starts.
    cells
        The row as it came.
    picture, frame
        As in Prediction, as far as they could be read.
    """
    error = RowError(path.name, line, refused.field, refused.message)
    return RefusedRow(error, cells, picture, frame)


def _refused(path: Path, line: int, field: str, message: str, cells: Sequence[str]) -> RefusedRow:
    return RefusedRow(RowError(path.name, line, field, message), cells)
