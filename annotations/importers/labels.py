"""`data_labels.csv`: one row per image, a class by name and action units as 0 or 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from annotations import facs
from annotations.importers.cells import restore
from annotations.importers.columns import Columns, read_columns
from annotations.importers.csv_text import CsvError, read_table
from annotations.importers.demographics import parse_demographics
from annotations.importers.duplicates import settle
from annotations.importers.paths import FRAME_NAME, image_path, images_below
from annotations.importers.rows import (
    LabelledImage,
    Parsed,
    ParsedScore,
    Refused,
    RowError,
    UnreadableSource,
)

T = TypeVar("T")

_SUBJECT_IN_PATH = re.compile(r"(?<![A-Za-z0-9])S\d{3}(?!\d)")
_SUBJECT_CODE = re.compile(r"\A[A-Za-z0-9_-]{1,32}\Z")
_PRESENCE = {"0": False, "0.0": False, "1": True, "1.0": True}
_NUMBER = re.compile(r"\A[-+]?\d+([.,]\d+)?\Z")


def read_labels(csv: Path, root: Path | None = None) -> Parsed:
    """Read `csv`; its relative paths start at `root`, or at the file's own folder.

    Raises
    ------
    UnreadableSource
        The file or the folder is not there.
    """
    root = csv.parent if root is None else root
    if not csv.is_file():
        raise UnreadableSource(f"There is no file {csv}.")
    if not root.is_dir():
        raise UnreadableSource(f"There is no folder {root}.")
    try:
        table = read_table(csv)
    except CsvError as error:
        return Parsed(errors=(RowError(csv.name, error.line, "file", str(error)),))
    columns, refused = read_columns(table.header)
    if refused:
        return Parsed(errors=tuple(RowError(csv.name, 1, r.field, r.message) for r in refused))
    errors = [RowError(csv.name, bad.line, "line", str(bad)) for bad in table.errors]
    rows: list[LabelledImage] = []
    named: set[Path] = set()
    for line, values in table.rows:
        row, bad = _read_row(columns.cells(values), columns, csv.name, line, root)
        errors += [RowError(csv.name, line, each.field, each.message) for each in bad]
        if row is not None:
            named.add(row.path)
            if not bad:
                rows.append(row)
    labelled = [row for row in rows if row.emotion or row.basic_emotion or row.action_units]
    agreed, disagreeing = settle(labelled)
    unlabelled = {row.path for row in rows} - {row.path for row in labelled}
    unnamed = {path.resolve() for path in images_below(root)} - named
    skipped = len(unlabelled | unnamed)
    return Parsed(tuple(agreed), tuple(sorted([*errors, *disagreeing], key=_line)), skipped)


def _line(error: RowError) -> int:
    return error.line or 0


def _read_row(
    cells: dict[str, str], columns: Columns, file: str, line: int, root: Path
) -> tuple[LabelledImage | None, list[Refused]]:
    """The row as far as it could be read, and everything that is wrong with it."""
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
        action_units=_scores(cells, columns, bad),
        extra={restore(name): restore(cells[name]) for name in columns.unknown},
        demographics=demographics,
    )
    return row, bad


def _or_refused(
    parse: Callable[[dict[str, str]], T], cells: dict[str, str], bad: list[Refused], blank: T
) -> T:
    """One part of the row; what is wrong with it joins `bad`, so that all of it is told."""
    try:
        return parse(cells)
    except Refused as refused:
        bad.append(refused)
        return blank


def _place(path: Path, subject: str) -> tuple[str, int | None]:
    """Sequence and frame by the file's name, if the name speaks of this very subject."""
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
    """(high-level class, basic emotion)"""
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


def _scores(cells: dict[str, str], columns: Columns, bad: list[Refused]) -> dict[int, ParsedScore]:
    """An empty cell was not coded, which is not the same as absent."""
    scores: dict[int, ParsedScore] = {}
    for name, au in columns.action_units.items():
        value = cells[name].strip()
        if value in _PRESENCE:
            scores[au] = ParsedScore(_PRESENCE[value])
        elif value:
            bad.append(Refused(name, f"{value[:40]!r} is not 0 or 1."))
    return scores
