"""Cells of another program's table: the picture that is meant, and numbers within bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping

from annotations.formats.readers.model_csv import Header
from annotations.formats.readers.spellings import as_number, clipped, is_nothing
from annotations.formats.rows import Refused


def picture_of(cells: Mapping[str, str], header: Header) -> str:
    """Return the picture that a row's file column names.

    OpenFace's `face` and Py-Feat's may be the running number of a face, which is no name.

    Parameters
    ----------
    cells
        The row by column name.

    Returns
    -------
    str
        With slashes for backslashes; "" where the table has no such column.

    Raises
    ------
    Refused
        The cell is blank, or a word for nothing.

    Examples
    --------
    >>> picture_of({"input": "C:\\\\data\\\\S005_001_00000011.png"}, Header(("input",)))
    'C:/data/S005_001_00000011.png'
    >>> picture_of({"face": "0"}, Header(("face",)))
    ''
    """
    column = header.file_column
    if column is None:
        return ""
    written = cells[column].strip().replace("\\", "/")
    if column.lower() == "face" and (written.isdecimal() or is_nothing(written)):
        return ""
    if is_nothing(written.rpartition("/")[2]):
        raise Refused(column, "The row names no picture.")
    return written


def number(cells: Mapping[str, str], column: str, low: float, high: float) -> float | None:
    """Read a cell's number.

    Parameters
    ----------
    cells
        The row by column name.
    column
        The cell's column.
    low, high
        Bounds, both allowed; a rounding error beyond one is clipped.

    Returns
    -------
    float or None
        None where the cell is blank, NaN, or a word for nothing.

    Raises
    ------
    Refused
        It is no number, or out of bounds.
    """
    text = cells[column].strip()
    value = as_number(text)
    if value is None:
        if is_nothing(text):
            return None
        raise Refused(column, f"{text[:40]!r} is not a number.")
    if not low <= value <= high:
        value = clipped(value, low, high)
        if not low <= value <= high:
            raise Refused(column, f"{text[:40]} is not within {low:g} and {high:g}.")
    return value


def whole_number(cells: Mapping[str, str], column: str) -> int | None:
    """Read a cell's number that has to be a whole one, such as a frame's.

    Parameters
    ----------
    cells, column
        As `number` takes them.

    Returns
    -------
    int or None
        0 or more; None where the cell says nothing.

    Raises
    ------
    Refused
        It is negative, too big, or no whole number.
    """
    value = number(cells, column, 0, 2**31 - 1)
    if value is None:
        return None
    if not math.isclose(value, round(value), abs_tol=1e-6):
        raise Refused(column, f"{cells[column].strip()[:40]} is not a whole number.")
    return round(value)
