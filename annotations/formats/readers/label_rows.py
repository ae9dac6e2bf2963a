"""A row of `data_labels.csv`: what it says of its picture, and all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from annotations import facs
from annotations.formats.readers.columns import Columns
from annotations.formats.readers.demographics import parse_demographics
from annotations.formats.readers.paths import FRAME_NAME, image_path
from annotations.formats.readers.scores import read_scores
from annotations.formats.rows import LabelledImage, Refused
from facsweb.rest.cells import restore

T = TypeVar("T")

_SUBJECT_IN_PATH = re.compile(r"(?<![A-Za-z0-9])S\d{3}(?!\d)")
_SUBJECT_CODE = re.compile(r"\A[A-Za-z0-9_-]{1,32}\Z")
_NUMBER = re.compile(r"\A[-+]?\d+([.,]\d+)?\Z")


def read_row(
    cells: dict[str, str], columns: Columns, file: str, line: int, root: Path
) -> tuple[LabelledImage | None, list[Refused]]:
    """Read a row as far as it can be read, and find everything that is wrong with it.

    Parameters
    ----------
    cells
        Values by the columns' names in `columns`.
    columns
        The table's, by `columns.read_columns`.
    file, line
        The row's place, for the image's source.
    root
        The folder at which file paths start, and which they may not leave.

    Returns
    -------
    tuple of LabelledImage or None, and list
        None where the row can't be read at all, or its path isn't one within `root`; the file need
        not be there. The row is good if the list is empty.
    """
    try:
        if any("\0" in cell for name, cell in cells.items() if name != "filepath"):
            raise Refused("line", "Malformed line: it holds a NUL character.")
        path = image_path(cells["filepath"], root)
    except Refused as refused:
        return None, [refused]
    bad: list[Refused] = []
    if not path.is_file():
        bad.append(Refused("filepath", f"Missing image: there is no {cells['filepath'].strip()}."))
    subject = _or_refused(_subject, cells, bad, "")
    emotion, basic_emotion = _or_refused(_emotions, cells, bad, ("", ""))
    blank: dict[str, str] = {}
    demographics = _or_refused(parse_demographics, cells, bad, blank)
    sequence, frame = _place(path, subject)
    row = LabelledImage(
        path=path,
        subject=subject,
        file=file,
        line=line,
        sequence=sequence,
        frame=frame,
        emotion=emotion,
        basic_emotion=basic_emotion,
        action_units=read_scores(cells, columns, bad),
        extra={restore(name): restore(cells[name]) for name in columns.unknown},
        demographics=demographics,
        coder=_coder(cells, columns),
    )
    return row, bad


def _coder(cells: dict[str, str], columns: Columns) -> str:
    return "" if columns.coder is None else restore(cells[columns.coder].strip())


def _or_refused(
    parse: Callable[[dict[str, str]], T], cells: dict[str, str], bad: list[Refused], blank: T
) -> T:
    """Read one part of the row; what is wrong joins `bad`, so that all of it is reported."""
    try:
        return parse(cells)
    except Refused as refused:
        bad.append(refused)
        return blank


def _place(path: Path, subject: str) -> tuple[str, int | None]:
    """Return sequence and frame by the file's name, if the name speaks of this very subject."""
    name = FRAME_NAME.match(path.stem)
    if name is None or name["subject"] != subject:
        return "", None
    return name["sequence"], int(name["frame"])


def _subject(cells: dict[str, str]) -> str:
    code = cells.get("subject", "").strip()
    if not code:
        found = _SUBJECT_IN_PATH.findall(cells["filepath"])
        if not found:
            message = "No subject: neither a subject column nor S and three digits in the path."
            raise Refused("subject", message)
        code = found[-1]
    if not _SUBJECT_CODE.match(code):
        raise Refused("subject", f"{code[:40]!r}: use at most 32 letters, digits, - and _.")
    return code


def _emotions(cells: dict[str, str]) -> tuple[str, str]:
    """Return the high-level class and the basic emotion. Raises Refused."""
    high = _named(cells, "high_level_emotion", facs.EMOTIONS)
    basic = _named(cells, "emotion", facs.CKPLUS_EMOTIONS)
    if basic and high and facs.HIGH_LEVEL.get(basic) != high:
        raise Refused("emotion", f"{basic} is not within the class {high}.")
    return high or facs.HIGH_LEVEL.get(basic, ""), basic


def _named(cells: dict[str, str], column: str, known: tuple[str, ...]) -> str:
    value = cells.get(column, "").strip().lower()
    if _NUMBER.match(value):
        message = f"{value} is a number: give the class by name ({', '.join(known)}), never by "
        raise Refused(column, f"{message}index, since projects number the classes differently.")
    if value and value not in known:
        raise Refused(column, f"Unknown class {value[:40]!r}: use {', '.join(known)}.")
    return value
