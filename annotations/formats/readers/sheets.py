"""Spreadsheets as the text tables that everything else here reads."""

from __future__ import annotations

import csv
import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from annotations.formats.rows import UnreadableSource

SUFFIX = ".xlsx"
#: Spreadsheets that are not read.
OTHER_SUFFIXES = (".xls", ".ods")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2
_WORKBOOK = "xl/workbook.xml"
#: zipfile never unpacks more of a member than its directory says, so these bound what is read.
_MOST_BYTES, _MOST_RATIO, _RATIO_FROM_BYTES = 256 << 20, 200, 10 << 20
#: Excel has 1,048,576 rows and 16,384 columns; no table of ours needs as many columns.
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 2000
_DAMAGED = (
    OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, RuntimeError,
    NotImplementedError, SyntaxError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip


def is_sheet(path: Path) -> bool:
    """Tell whether a file is an Excel workbook (xlsx), by its content."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _WORKBOOK in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def other_sheet(path: Path) -> str:
    """Name the kind of a spreadsheet that is not read, by its content; "" for any other file."""
    try:
        with path.open("rb") as file:
            if file.read(len(_OLD_EXCEL)) == _OLD_EXCEL:
                return "an old Excel file (.xls)"
        with zipfile.ZipFile(path) as archive, archive.open("mimetype") as member:
            if member.read(100).startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                return "an OpenDocument spreadsheet (.ods)"
    except (OSError, LookupError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile):
        pass
    return ""


def write_sheet(xlsx: Path, target: Path) -> list[str]:
    """Write a workbook's first sheet as text, tabs between cells.

    A row keeps its number. Formulas are their last values, dates are ISO 8601.

    Parameters
    ----------
    xlsx
        The workbook.
    target
        The file to write, in UTF-8; it must not exist.

    Returns
    -------
    list of str
        Names of the other sheets, which are not read.

    Raises
    ------
    UnreadableSource
        The workbook is damaged, or too big once unpacked; nothing is left of `target`.
    """
    import openpyxl  # here: only a worker reads sheets

    _check_size(xlsx)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that we don't read
            book = openpyxl.load_workbook(xlsx, read_only=True, data_only=True, keep_links=False)
            try:
                first, *others = book.worksheets
                first.reset_dimensions()  # some writers give them wrongly
                with target.open("x", encoding="utf-8", newline="") as file:
                    rows = csv.writer(file, delimiter="\t")
                    for row in _rows(first.iter_rows(values_only=True)):
                        rows.writerow(row)
                return [sheet.title for sheet in others]
            finally:
                book.close()
    except UnreadableSource:
        target.unlink(missing_ok=True)
        raise
    except _DAMAGED:
        target.unlink(missing_ok=True)
        raise UnreadableSource(
            "The Excel file can't be read. Save its table as CSV UTF-8, and send that."
        ) from None


def _check_size(xlsx: Path) -> None:
    try:
        with zipfile.ZipFile(xlsx) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile):
        raise UnreadableSource("The Excel file is damaged.") from None
    allowed = min(_MOST_BYTES, max(_RATIO_FROM_BYTES, _MOST_RATIO * xlsx.stat().st_size))
    if size > allowed:
        raise UnreadableSource(
            f"The Excel file unpacks to {size:,} bytes; at most {allowed:,} are read. "
            "Save its table as CSV UTF-8, and send that."
        )


def _rows(rows: Iterator[Sequence[Any]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=1):
        if number > _MOST_ROWS:
            raise UnreadableSource(f"The sheet has more than {_MOST_ROWS:,} rows.")
        if len(row) > _MOST_COLUMNS:
            raise UnreadableSource(f"The sheet has more than {_MOST_COLUMNS:,} columns.")
        yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """Write a cell as a CSV has it: 1 for the number 1.0, TRUE, and ISO 8601 dates."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
