"""`data_labels.csv` as the rows of uploads, and the CSV of what was refused."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from facsweb.client.errors import ClientError

_SUFFIXES = {".png", ".jpg", ".jpeg"}
_UNIT = re.compile(r"\Aau[_ ]?0?(\d{1,2})\Z", re.IGNORECASE)
_TEXTS = {
    "subject": "subject", "sequence": "sequence", "gender": "gender", "age_group": "age_group",
    "ethnicity": "ethnicity", "high_level_emotion": "emotion",
}  # fmt: skip
_PRESENCE: Mapping[str, bool] = {
    "1": True, "1.0": True, "1,0": True, "true": True,
    "0": False, "0.0": False, "0,0": False, "false": False,
}  # fmt: skip
_NOT_CODED = {"", "nan", "-nan", "na", "n/a", "#n/a", "null", "none"}
#: Excel's first line that names the delimiter.
_NAMED_DELIMITER = re.compile(r'\A"?sep=([,;\t])"?\s*\Z', re.IGNORECASE)
_SUBJECT = re.compile(r"(?<![A-Za-z0-9])S\d{3}(?!\d)")


@dataclass(frozen=True)
class Picture:
    """A file to upload, the row that is sent with it, and the table's cells where it has any."""

    path: Path
    name: str
    row: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)


def pictures_below(folder: Path, labels: Path | None) -> list[Picture]:
    """List the table's pictures, in its order; without one, every picture below `folder`.

    Raises ClientError.
    """
    if not folder.is_dir():
        raise ClientError(f"There is no folder {folder}.")
    if labels is not None:
        return _named_in(folder, labels)
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    return [Picture(path, str(path.relative_to(folder)), _by_path(path)) for path in paths]


def _named_in(folder: Path, labels: Path) -> list[Picture]:
    try:
        with labels.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            named = _NAMED_DELIMITER.match(first)
            if not named:
                file.seek(0)
            delimiter = named[1] if named else max(",;\t", key=first.count)
            table = csv.DictReader(file, delimiter=delimiter)
            table.fieldnames = [name.strip() for name in table.fieldnames or []]
            _check_columns(table.fieldnames, labels)
            return [_picture(folder, {k: v or "" for k, v in row.items() if k}) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ClientError(f"{labels} can't be read: {error}") from None


def _check_columns(names: Sequence[str], labels: Path) -> None:
    """Raise ClientError where a column is missing, or one action unit has two."""
    if "filepath" not in names:
        raise ClientError(f"{labels} has no column “filepath”.")
    seen: dict[str, str] = {}
    for name in filter(None, names):
        unit = _UNIT.match(name)
        meaning = f"AU{unit[1]}" if unit else name
        if meaning in seen:
            raise ClientError(f"{labels}: columns “{seen[meaning]}” and “{name}” are the same.")
        seen[meaning] = name


def _file(folder: Path, written: str) -> Path:
    """Return the file that a table names, or else the one that looks so: case, %20, accents."""
    path = folder / written.strip().replace("\\", "/")
    if path.is_file() or ".." in path.parts:
        return path
    alike = _alike(path.name)
    try:
        found = [other for other in path.parent.iterdir() if _alike(other.name) == alike]
    except OSError:
        return path
    return found[0] if len(found) == 1 else path


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name)).casefold()


def _picture(folder: Path, cells: dict[str, str]) -> Picture:
    path = _file(folder, cells["filepath"])
    row: dict[str, Any] = _by_path(Path(cells["filepath"]))
    told = {ours: cells.get(name, "").strip() for name, ours in _TEXTS.items()}
    row |= {name: text for name, text in told.items() if text}
    frame = cells.get("frame", "").strip()
    if frame:
        row["frame"] = int(frame) if frame.isdecimal() else frame
    units = {
        match[1]: _PRESENCE.get(value.strip().lower(), value.strip())
        for name, value in cells.items()
        if (match := _UNIT.match(name)) and value.strip().lower() not in _NOT_CODED
    }
    if units:
        row["action_units"] = units
    return Picture(path, cells["filepath"], row, cells)


def _by_path(path: Path) -> dict[str, Any]:
    """Return the subject that a path names, as S005/001/... does.

    The server reads CK+'s file names itself.
    """
    found = _SUBJECT.findall(path.as_posix())
    return {"subject": found[-1]} if found else {}


def write_refused(path: Path, refused: Sequence[tuple[Picture, str]]) -> None:
    """Write the refused pictures' cells and the reasons, to be mended and uploaded again."""
    columns = list(dict.fromkeys(name for picture, _ in refused for name in picture.cells))
    columns = [name for name in columns or ["filepath"] if name != "reason"]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*columns, "reason"])
        for picture, reason in refused:
            cells = picture.cells or {"filepath": picture.name}
            rows.writerow([*(cells.get(name, "") for name in columns), reason])
