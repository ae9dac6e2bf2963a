"""Scores of action units, read from the cells of a row."""

from __future__ import annotations

import re
from collections.abc import Mapping

from annotations.formats.readers.columns import Columns
from annotations.formats.readers.facs_codes import joined, parse_code, parse_codes
from annotations.formats.readers.spellings import is_nothing, presence
from annotations.formats.rows import ParsedScore, Refused

_ABSENT = {"no", "n", "absent"}
_PRESENT = {"yes", "y", "x", "present"}
#: C is an intensity; L, R and LC tell the side. A lone B is an intensity, as is E.
_LETTERS = re.compile(r"(?P<intensity>[A-E])|(?P<side>[LR])|(?P<at>[LRTB])(?P<grade>[A-E])")


def mark(cell: str, au: int) -> ParsedScore | None:
    """Read one cell of an action unit's column.

    Parameters
    ----------
    cell
        0 or 1 in any spelling, yes or no, an intensity of A to E, a side (L, R), both (LC), or a
        FACS score of the unit itself.
    au
        The column's unit.

    Returns
    -------
    ParsedScore or None
        None where the unit is not coded.

    Raises
    ------
    ValueError
        It is anything else. A number other than 0 and 1 may be an intensity of any scale.

    Examples
    --------
    >>> mark("1", 12), mark("FALSE", 12), mark("c", 12), mark("nan", 12)
    (ParsedScore(present=True, intensity='', side=''), ParsedScore(present=False, \
intensity='', side=''), ParsedScore(present=True, intensity='C', side=''), None)
    """
    value = cell.strip()
    if is_nothing(value):
        return None
    number = presence(value)
    if number is not None or value.lower() in _PRESENT | _ABSENT:
        return ParsedScore(bool(number) or value.lower() in _PRESENT)
    letters = _LETTERS.fullmatch(value.upper())
    if letters:
        intensity = letters["intensity"] or letters["grade"] or ""
        return ParsedScore(True, intensity, letters["side"] or letters["at"] or "")
    if not value.isdecimal():  # a bare number other than 0 and 1 may be an intensity of any scale
        meant, score = parse_code(value)
        if meant == au:
            return score
    raise ValueError(value)


def is_mark(cell: str, au: int) -> bool:
    """Tell whether `mark` can read a cell of the action unit's column."""
    try:
        mark(cell, au)
    except ValueError:
        return False
    return True


def is_yes_or_no(cell: str) -> bool:
    """Tell whether a cell is blank or 0 or 1 in any spelling: in a column AU it names no unit."""
    return is_nothing(cell) or presence(cell) is not None


def read_scores(
    cells: Mapping[str, str], columns: Columns, bad: list[Refused]
) -> dict[int, ParsedScore]:
    """Read a row's scores.

    An empty cell was not coded, which is not the same as absent; neither was a unit that a
    combination doesn't name.

    Parameters
    ----------
    cells
        Values by the columns' names in `columns`.
    columns
        The table's, by `columns.read_columns`.
    bad
        What is wrong with the cells joins it.

    Returns
    -------
    dict
        Action unit -> score, by the units' numbers.
    """
    said: dict[int, list[ParsedScore]] = {}
    for name, (au, side) in columns.action_units.items():
        try:
            score = mark(cells[name], au)
            if score is not None:
                said.setdefault(au, []).append(_on_side(score, side))
        except ValueError:
            bad.append(Refused(name, f"{cells[name].strip()[:40]!r} is not 0 or 1."))
    for name in columns.combinations:
        try:
            for au, score in parse_codes(cells[name]).items():
                said.setdefault(au, []).append(score)
        except Refused as refused:
            bad.append(Refused(name, refused.message))
    scores = {}
    for au, several in said.items():
        try:
            score = _agreed(au, several)
            if score is not None:
                scores[au] = score
        except Refused as refused:
            bad.append(Refused(f"AU{au}", refused.message))
    return dict(sorted(scores.items()))


def _on_side(score: ParsedScore, side: str) -> ParsedScore:
    """Put a score on the side of its column. Raises ValueError where its cell names another."""
    if side and score.side not in {"", side}:
        raise ValueError(score.side)
    return ParsedScore(score.present, score.intensity, side or score.side)


def _agreed(au: int, several: list[ParsedScore]) -> ParsedScore | None:
    """Join what columns of the whole face, of its sides, and combinations say.

    A unit that isn't on the left may well be on the right: only both sides make it absent. Raises
    Refused where they contradict each other.
    """
    present = [score for score in several if score.present]
    missing = {score.side for score in several if not score.present}
    if not present:
        is_absent = "" in missing or missing >= {"L", "R"} or missing >= {"T", "B"}
        return ParsedScore(False) if is_absent else None
    if "" in missing or missing & {score.side for score in present}:
        raise Refused(f"AU{au}", f"AU{au} is both present and absent in this row.")
    sided = [score for score in present if score.side]
    whole = [score for score in present if not score.side]
    if not sided or not whole:
        return joined(au, present)
    # AU12 = C beside L12 = 1: the one tells the intensity, the other the side.
    side, overall = joined(au, sided), joined(au, whole)
    letters = {score.intensity for score in (side, overall) if score.intensity}
    if len(letters) > 1:
        raise Refused(f"AU{au}", f"AU{au} is scored twice, and differently.")
    return ParsedScore(True, letters.pop() if letters else "", side.side)
