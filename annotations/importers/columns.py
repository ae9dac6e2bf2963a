"""The header of `data_labels.csv`: columns are read by name, in any order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from annotations import facs
from annotations.importers.demographics import COLUMNS as DEMOGRAPHICS
from annotations.importers.rows import Refused

_EMOTIONS = ("high_level_emotion", "emotion")
KNOWN = ("filepath", *_EMOTIONS, "subject", *DEMOGRAPHICS)
#: What a table of refused rows has at its end; read over when it comes back.
REFUSAL = ("refused_line", "reason")
_ACTION_UNIT = re.compile(r"\Aau[_ ]?(\d{1,3})\Z", re.IGNORECASE)


@dataclass
class Columns:
    """Each column's name as we use it, which of them are action units, and which are unknown."""

    names: list[str] = field(default_factory=list)
    action_units: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def cells(self, values: list[str]) -> dict[str, str]:
        return dict(zip(self.names, values, strict=True))


def read_columns(header: list[str]) -> tuple[Columns, list[Refused]]:
    """The columns, and what forbids reading the file at all.

    >>> columns, _ = read_columns(["AU01", "filepath", "high_level_emotion", "note"])
    >>> columns.action_units, columns.unknown
    ({'AU1': 1}, ['note'])
    """
    columns = Columns()
    errors = []
    for written in header:
        name, au = _meaning(written)
        if name in columns.names:
            errors.append(Refused("header", f"Duplicate column {written[:60]!r} ({name[:60]})."))
        elif au is not None and au not in facs.ACTION_UNITS:
            errors.append(Refused("header", f"Unknown action unit: column {written[:60]!r}."))
        elif au is not None:
            columns.action_units[name] = au
        elif name not in KNOWN and name not in REFUSAL:
            columns.unknown.append(name)
        columns.names.append(name)
    if "filepath" not in columns.names:
        errors.append(Refused("header", "Missing column 'filepath'."))
    if not columns.action_units and not set(_EMOTIONS) & set(columns.names):
        message = "Missing columns: neither high_level_emotion nor an action unit (AU1, AU2, ...)."
        errors.append(Refused("header", message))
    return columns, errors


def _meaning(written: str) -> tuple[str, int | None]:
    """Our name of a column, and its action unit. An unknown column keeps its own spelling."""
    unit = _ACTION_UNIT.match(written)
    if unit:
        return f"AU{int(unit[1])}", int(unit[1])
    known = written.lower()
    return (known if known in KNOWN or known in REFUSAL else written), None
