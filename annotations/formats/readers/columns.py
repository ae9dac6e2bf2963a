"""The header of `data_labels.csv`: columns are read by name, in any order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from annotations import facs
from annotations.formats.readers.demographics import COLUMNS as DEMOGRAPHICS
from annotations.formats.rows import Refused

_EMOTIONS = ("high_level_emotion", "emotion")
KNOWN = ("filepath", *_EMOTIONS, "subject", *DEMOGRAPHICS)
#: What a table of refused rows has at its end; read over when it comes back.
REFUSAL = ("refused_line", "reason")
#: Our exports' column of the sides of units, which are 0 and 1 in columns of their own.
SIDES = "sides"
#: Columns that hold combinations such as 6B+12D.
_COMBINATIONS = {
    "au", "aus", "action_unit", "action_units", "au_codes", "facs", "facs_code", "facs_codes",
    "facs_coding", SIDES,
}  # fmt: skip
#: Columns that name whose reading a row is, the surest name first.
_CODERS = ("annotator", "coder", "rater", "annotator_id", "coder_id", "rater_id")
#: Sides are capitals, since OpenFace's AU12_r is a regressed intensity; AU12B may be an intensity.
_ACTION_UNIT = re.compile(
    r"\A(?P<before>[LRTB][ _]?)?(?i:AU)[ _]?(?P<au>\d{1,3})"
    r"(?P<after>[ _]?(?:[LR]|(?i:left|right)))?\Z"
)
#: L12 may be a landmark's or a level's name too: it is a unit where its cells are marks of one.
_BARE = re.compile(r"\A(?P<before>[LR])(?P<au>\d{1,2})\Z")
#: Names of what is about action units.
SEEMS_A_UNIT = re.compile(r"(?<![a-z])(aus?(?![a-z])|action[ _-]?units?|facs(?![a-z]))", re.I)


@dataclass
class Columns:
    """Each column's name as we use it, and what it is."""

    names: list[str] = field(default_factory=list)
    #: Column -> its action unit, and the side of the face that it speaks of: "" for the whole.
    action_units: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Of those, the ones whose name says "L12" and no more.
    bare: list[str] = field(default_factory=list)
    combinations: list[str] = field(default_factory=list)
    coder: str | None = None
    unknown: list[str] = field(default_factory=list)
    #: Of the unknown, those that look like action units.
    unread: list[str] = field(default_factory=list)

    def cells(self, values: list[str]) -> dict[str, str]:
        """Pair the columns' names with a row's values, of which there must be one for each."""
        return dict(zip(self.names, values, strict=True))

    def disown(self, name: str) -> None:
        """Count the column `name` among the unknown: it is no action unit after all."""
        if name in self.combinations:
            self.combinations.remove(name)
        else:
            del self.action_units[name]
        self.unknown.append(name)
        self.unread.append(name)

    @property
    def has_labels(self) -> bool:
        """True if any column holds an emotion or action units."""
        return bool(self.action_units or self.combinations or set(_EMOTIONS) & set(self.names))


def read_columns(header: list[str]) -> tuple[Columns, list[Refused]]:
    """Read a header.

    Parameters
    ----------
    header
        The columns' names as they are written, in any order. Only sides' letters must be capitals.

    Returns
    -------
    tuple of Columns and list
        The columns, and what forbids reading the file at all: a duplicate, an unknown action unit,
        or that there is no `filepath` or nothing that could be a label.

    Examples
    --------
    >>> columns, _ = read_columns(["AU01", "filepath", "L12", "AU", "annotator", "note", "AU6_r"])
    >>> columns.action_units, columns.combinations, columns.coder
    ({'AU1': (1, ''), 'L12': (12, 'L')}, ['au'], 'annotator')
    >>> columns.unknown, columns.unread
    (['note', 'AU6_r'], ['AU6_r'])
    """
    columns = Columns()
    errors = []
    for written in header:
        name, unit = _meaning(written)
        if name in columns.names:
            errors.append(Refused("header", f"Duplicate column {written[:60]!r} ({name[:60]})."))
        elif unit is not None and unit[0] not in facs.ACTION_UNITS:
            errors.append(Refused("header", f"Unknown action unit: column {written[:60]!r}."))
        elif unit is not None:
            columns.action_units[name] = unit
            if _BARE.match(written):
                columns.bare.append(name)
        elif name in _COMBINATIONS:
            columns.combinations.append(name)
        elif name not in KNOWN and name not in REFUSAL:
            columns.unknown.append(name)
            if SEEMS_A_UNIT.search(name):
                columns.unread.append(name)
        columns.names.append(name)
    _find_coder(columns)
    if "filepath" not in columns.names:
        errors.append(Refused("header", "Missing column 'filepath'."))
    if not columns.has_labels:
        message = "Missing columns: neither high_level_emotion nor an action unit (AU1, AU2, ...)."
        errors.append(Refused("header", message))
    return columns, errors


def _find_coder(columns: Columns) -> None:
    lower = {name.lower(): name for name in reversed(columns.unknown)}
    columns.coder = next((lower[name] for name in _CODERS if name in lower), None)
    if columns.coder is not None:
        columns.unknown.remove(columns.coder)


def _meaning(written: str) -> tuple[str, tuple[int, str] | None]:
    """Return our name of a column, its action unit and side; an unknown one keeps its spelling."""
    unit = _ACTION_UNIT.match(written) or _BARE.match(written)
    if unit:
        parts = unit.groupdict()
        sides = {
            side.strip(" _")[0].upper() for side in (parts["before"], parts.get("after")) if side
        }
        if _is_unit(int(unit["au"]), written) and len(sides) < 2:
            side = sides.pop() if sides else ""
            number = int(unit["au"])
            return (f"{side}{number}" if side else f"AU{number}"), (number, side)
        return written, None
    known = written.lower()
    plain = re.sub(r"[ _-]+", "_", known)
    if plain in _COMBINATIONS:
        return plain, None
    return (known if known in KNOWN or known in REFUSAL else written), None


def _is_unit(au: int, written: str) -> bool:
    """Tell whether a column's number is meant as an action unit's.

    A bare L3 is nothing of FACS's; AU3 calls itself a unit, and is refused as unknown.
    """
    return au in facs.ACTION_UNITS or _BARE.match(written) is None
