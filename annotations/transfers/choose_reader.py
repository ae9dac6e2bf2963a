"""Finding tables of another program's readings among the files that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotations.formats.readers.kinds import kind_of_file
from annotations.formats.readers.layout import LABELS_FILE, detect_layout
from annotations.formats.readers.model_csv import read_header
from annotations.formats.readers.openface import is_openface
from annotations.formats.readers.paths import files_below, is_picture
from annotations.formats.readers.pyfeat import is_pyfeat
from annotations.formats.readers.sheets import SUFFIX as SHEET
from annotations.formats.readers.sheets import other_sheet, write_sheet
from annotations.formats.rows import RowError, UnreadableSource
from annotations.transfers.models import Import
from annotations.transfers.report import Report

_LONGEST_NAME = 200


def file_name(name: str) -> str:
    """Turn the sender's name for a file into a safe file name in a folder of ours.

    >>> file_name("C:\\\\data\\\\S005_003.csv"), file_name(".."), file_name("x" * 300 + ".csv")[-6:]
    ('S005_003.csv', 'sent', 'xx.csv')
    """
    last = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    if not last.strip(". "):
        return "sent"
    stem, dot, suffix = last.rpartition(".")
    if len(last.encode("utf-8", "replace")) > _LONGEST_NAME:
        last = f"{(stem or suffix)[: _LONGEST_NAME // 4]}{dot}{suffix[:10] if stem else ''}"
    return last.encode("utf-8", "replace").decode()


def kind_of(table: Path) -> str | None:
    """Return whether a table is OpenFace's or Py-Feat's, by its columns; None if it is neither.

    Raises UnreadableSource where it is no table.
    """
    header = read_header(table)
    if is_openface(header):
        return Import.Kind.OPENFACE
    return Import.Kind.PYFEAT if is_pyfeat(header) else None


def one_kind(tables: list[Path]) -> str:
    """Return the kind of all tables. Raises UnreadableSource where they have none, or several."""
    kinds = {_kind_or_none(table) for table in tables}
    if kinds == {Import.Kind.OPENFACE, Import.Kind.PYFEAT}:
        raise UnreadableSource(
            "There are tables of OpenFace and of Py-Feat. Send each program's by themselves."
        )
    kind = kinds.pop()
    if kind is None:
        raise UnreadableSource(_why_not(tables[0]))
    return kind


def has_labels(tree: Path) -> bool:
    """Tell whether an unpacked archive is a CK+ tree, or has a label file."""
    try:
        detect_layout(tree)
    except UnreadableSource:
        return False
    return True


def sheet_as_table(sheet: Path, report: Report) -> Path:
    """Replace an Excel workbook with a CSV of its first sheet. Raises UnreadableSource."""
    if other := other_sheet(sheet):
        raise UnreadableSource(
            f"{sheet.name!r} is {other}, which isn't read. Save its table as CSV UTF-8 or .xlsx."
        )
    table = sheet.with_suffix(".csv")
    if table == sheet:  # an Excel file that calls itself a CSV
        sheet = sheet.rename(sheet.with_suffix(SHEET))
    if table.exists():
        raise UnreadableSource(f"{sheet.name!r} stands beside a {table.name!r}, which is read.")
    for name in write_sheet(sheet, table):
        report.leave(f"sheet {name[:60]!r} of {sheet.name[:80]!r}; only the first sheet is read")
    sheet.unlink()
    return table


def sheets_as_tables(tree: Path, report: Report) -> None:
    """Replace every workbook below `tree` with a CSV; refuse by itself one that can't be read."""
    for path in list(files_below(tree)):
        if path.suffix.lower() == SHEET:
            try:
                sheet_as_table(path, report)
            except UnreadableSource as error:
                report.refuse(RowError(path.name, None, "file", error.detail))


class PredictionTables:
    """Tables of predictions wherever they lie below a folder, and everything else in it."""

    def __init__(self, tree: Path, *, suffixes: Sequence[str] = (".csv", ".tsv", ".txt")) -> None:
        self.found: list[Path] = []
        #: Tables that can't be read: why.
        self.broken: list[RowError] = []
        self.others: list[Path] = []
        for path in files_below(tree):
            if path.suffix.lower() not in suffixes or path.name == LABELS_FILE:
                self.others.append(path)
                continue
            try:
                is_ours = kind_of(path) is not None
            except UnreadableSource as error:
                is_ours = False
                if path.suffix.lower() == ".csv":
                    self.broken.append(RowError(path.name, None, "file", error.detail))
                    continue
            (self.found if is_ours else self.others).append(path)

    def check_any(self) -> None:
        """Raise UnreadableSource if there are tables that can't be read, and no pictures."""
        if self.broken and not any(is_picture(path) for path in self.others):
            first = self.broken[0]
            raise UnreadableSource(f"No table in it can be read. {first.file}: {first.message}")

    def tell(self, report: Report) -> None:
        """Report what stays unread beside the tables."""
        for error in self.broken:
            report.refuse(error)
        for path in self.others:
            report.leave(kind_of_file(path))

    def tell_not_read(self, report: Report) -> None:
        """Report that tables of predictions aren't read beside labelled pictures, which are."""
        if self.found:
            report.leave("tables of predictions (send them by themselves)", len(self.found))


def _kind_or_none(table: Path) -> str | None:
    try:
        return kind_of(table)
    except UnreadableSource:
        return None


def _why_not(table: Path) -> str:
    """Say why a table that was sent by itself isn't read."""
    reason = ""
    try:
        read_header(table)
    except UnreadableSource as error:
        if table.suffix.lower() in {".csv", ".tsv", ".txt", SHEET}:
            reason = f" ({error.detail})"
    return (
        "The table has neither OpenFace 2's columns (AU01_r, AU01_c) nor Py-Feat's (input, "
        f"AU01, anger ...){reason}. Send {LABELS_FILE} as a zip together with the images it names."
    )
