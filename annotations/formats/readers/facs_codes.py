"""FACS scores as coders write them: `1B+2C+12D`, `L12A`, `R14`.

Ekman, Friesen & Hager (2002), *FACS: The Manual*: numbers joined by +, an intensity of A to E after
a number, and before it the side on which alone the action shows (L, R; T and B for top and bottom).
"""

from __future__ import annotations

import re

from annotations import facs
from annotations.formats.rows import ParsedScore, Refused

_CODE = re.compile(
    r"(?P<side>[LRTB])?(?:AU|AD|M)?[ _]?(?P<au>\d{1,3})(?P<intensity>[A-E])?", re.IGNORECASE
)
_BETWEEN = re.compile(r"[+,;/&|\s]+")
_AU_THEN_NUMBER = re.compile(r"\b(AU|AD)[ _](?=\d)", re.IGNORECASE)
#: What people write where no action unit is to be named.
_NOTHING = {"", "-", "0", "none", "neutral", "nan", "na", "n/a"}
#: A column with blanks makes pandas write 12 as 12.0.
_WHOLE = re.compile(r"(?<![\d.])(\d{1,3})\.0+(?![\d.])")
_LISTED = re.compile(r"\A[\[({]|[\])}]\Z")


def is_code(text: str) -> bool:
    """Tell whether a text is one FACS score.

    Parameters
    ----------
    text
        Blanks around it don't matter; whether FACS has the number isn't asked.

    Examples
    --------
    >>> is_code("L12A"), is_code("12"), is_code("12.5"), is_code("happy")
    (True, True, False, False)
    """
    return _CODE.fullmatch(text.strip()) is not None


def parse_code(text: str) -> tuple[int, ParsedScore]:
    """Read one score, which says that the unit is present.

    Parameters
    ----------
    text
        A number, with or without a side and AU, AD or M before it, and an intensity after it.

    Returns
    -------
    tuple of int and ParsedScore
        The action unit and its score.

    Raises
    ------
    Refused
        It is no score, or FACS has no such number.

    Examples
    --------
    >>> parse_code("L12A")
    (12, ParsedScore(present=True, intensity='A', side='L'))
    """
    match = _CODE.fullmatch(text.strip())
    if match is None:
        raise Refused("AU", f"{text.strip()[:40]!r} is no FACS score, such as 12, 12C or L12.")
    au = int(match["au"])
    if au not in facs.ACTION_UNITS:
        raise Refused("AU", f"Unknown action unit AU{au} in {text.strip()[:40]!r}.")
    side, intensity = (match["side"] or "").upper(), (match["intensity"] or "").upper()
    return au, ParsedScore(True, intensity, side)


def parse_codes(text: str) -> dict[int, ParsedScore]:
    """Read all scores of a combination; a unit that isn't in it was not said to be absent.

    Parameters
    ----------
    text
        Scores with +, commas, blanks or the like between them, in brackets and quotes or not; or a
        word for none, such as `neutral`.

    Returns
    -------
    dict
        Action unit -> score.

    Raises
    ------
    Refused
        One of them is no score, or a unit is named twice with different scores.

    Examples
    --------
    >>> sorted(parse_codes("6B+12D")), parse_codes("neutral")
    ([6, 12], {})
    """
    inner = _LISTED.sub("", _LISTED.sub("", text.strip())).replace("'", "").replace('"', "")
    inner = _WHOLE.sub(r"\1", inner)
    if inner.strip().lower() in _NOTHING:
        return {}
    found: dict[int, list[ParsedScore]] = {}
    for code in filter(None, _BETWEEN.split(_AU_THEN_NUMBER.sub(r"\1", inner))):
        au, score = parse_code(code)
        found.setdefault(au, []).append(score)
    return {au: joined(au, scores) for au, scores in found.items()}


def joined(au: int, scores: list[ParsedScore]) -> ParsedScore:
    """Join several scores of one unit: the same twice, or its left and its right side.

    A unit scored L and R with two intensities is present on both sides; which of the letters holds
    for the whole, its coder has not said, so there is none. T and B are joined likewise.

    Parameters
    ----------
    au
        The unit's number, for the refusal.
    scores
        One or more.

    Raises
    ------
    Refused
        They are any other two.

    Examples
    --------
    >>> joined(12, [ParsedScore(True, "B", "L"), ParsedScore(True, "B", "R")])
    ParsedScore(present=True, intensity='B', side='')
    """
    different = list(dict.fromkeys(scores))
    if len(different) == 1:
        return different[0]
    sides = {score.side for score in different}
    if len(different) == 2 and sides in ({"L", "R"}, {"T", "B"}):
        letters = {score.intensity for score in different}
        return ParsedScore(True, letters.pop() if len(letters) == 1 else "")
    raise Refused("AU", f"AU{au} is scored twice, and differently.")
