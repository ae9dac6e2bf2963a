"""Optional demographic tags of a subject; CK+ itself ships none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from annotations.formats.readers.csv_text import CsvError, Table, open_table
from annotations.formats.rows import Refused, RowError

COLUMNS = ("gender", "age_group", "ethnicity")
SUBJECTS_FILE = "subjects.csv"
_GENDERS = {
    "female": "female", "f": "female", "male": "male", "m": "male", "other": "other",
}  # fmt: skip


def parse_demographics(cells: dict[str, str]) -> dict[str, str]:
    """Read the demographic tags that a row gives.

    Parameters
    ----------
    cells
        Values by column name; of these, `COLUMNS` are read.

    Returns
    -------
    dict
        Column -> tag, without the blank ones. Gender is spelled out: f becomes female.

    Raises
    ------
    Refused
        The gender is none that we store.
    """
    tags = {name: cells[name].strip() for name in COLUMNS if cells.get(name, "").strip()}
    if "gender" in tags:
        gender = _GENDERS.get(tags["gender"].lower())
        if gender is None:
            raise Refused("gender", f"Unknown gender {tags['gender'][:40]!r}: female, male, other.")
        tags["gender"] = gender
    return tags


def read_subjects(root: Path) -> tuple[dict[str, dict[str, str]], list[RowError]]:
    """Read the `subjects.csv` of a CK+ folder, if it is there.

    Parameters
    ----------
    root
        The folder.

    Returns
    -------
    tuple of dict and list
        Subject's code -> tags as `parse_demographics` gives them, and the rows that were refused.
    """
    path = root / SUBJECTS_FILE
    if not path.is_file():
        return {}, []
    subjects: dict[str, dict[str, str]] = {}
    try:
        with open_table(path) as table:
            return subjects, list(_read_subjects(table, subjects))
    except CsvError as error:
        return {}, [RowError(SUBJECTS_FILE, error.line, "file", str(error))]


def _read_subjects(table: Table, subjects: dict[str, dict[str, str]]) -> Iterator[RowError]:
    """Fill `subjects`, and yield what is wrong with the rows."""
    names = [name.lower() for name in table.header]
    if "code" not in names or len(set(names)) != len(names):
        message = f"Expected the columns code, {', '.join(COLUMNS)}, each once."
        yield RowError(SUBJECTS_FILE, 1, "header", message)
        return
    lines: dict[str, int] = {}
    for line, values in table:
        if isinstance(values, CsvError):
            yield RowError(SUBJECTS_FILE, line, "line", str(values))
            continue
        cells = dict(zip(names, values, strict=True))
        code = cells["code"].strip()
        try:
            tags = parse_demographics(cells)
            if subjects.setdefault(code, tags) != tags:
                raise Refused("code", f"{code} has other tags in line {lines[code]}.")
            lines.setdefault(code, line)
        except Refused as refused:
            yield RowError(SUBJECTS_FILE, line, refused.field, refused.message)
