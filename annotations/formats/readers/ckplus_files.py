"""The content of CK+'s small label files.

Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)", and its readme: a `*_facs.txt` has
one row per action unit, "AU intensity"; a `*_emotion.txt` has one number of 0 to 7. People who add
to CK+ write the combination itself.
"""

from __future__ import annotations

from annotations import facs
from annotations.formats.readers.facs_codes import parse_codes
from annotations.formats.rows import ParsedScore, Refused

UNBC = (
    "A single number is UNBC-McMaster's pain score (PSPI), not CK+'s action units: "
    "that data set's *_facs.txt files cannot be imported."
)


def parse_emotion(text: str) -> str:
    """Read the emotion of a `*_emotion.txt`.

    Parameters
    ----------
    text
        The file's content: one whole number of 0 to 7, which CK+ writes in scientific notation.

    Returns
    -------
    str
        A name of `facs.CKPLUS_EMOTIONS`.

    Raises
    ------
    Refused
        It is anything else.

    Examples
    --------
    >>> parse_emotion("   6.0000000e+00\\n")
    'sadness'
    """
    tokens = text.split()
    if len(tokens) != 1:
        raise Refused("emotion", f"Malformed: expected one number, found {len(tokens)}.")
    number = _whole(tokens[0])
    if number is None:
        raise Refused("emotion", f"Malformed line: {tokens[0][:40]!r} is not a whole number.", 1)
    if not 0 <= number < len(facs.CKPLUS_EMOTIONS):
        raise Refused("emotion", f"Unknown emotion {number}: CK+ has 0 to 7.", 1)
    return facs.CKPLUS_EMOTIONS[number]


class _BadRow(ValueError):
    """A row that says nothing; `au` is the unit that it speaks of, None where it doesn't tell."""

    def __init__(self, message: str, au: int | None = None) -> None:
        super().__init__(message)
        self.au = au


def parse_facs(text: str) -> tuple[dict[int, ParsedScore], list[Refused]]:
    """Read the scores of a `*_facs.txt`, and every bad line.

    A line is "AU intensity", or scores as coders write them: `12C`, `1B+2C+12D`, a lone `12`. It
    says that the unit is present whatever its intensity: 0 says that none was coded. A bad line is
    refused alone.

    The whole face was coded, so the model's action units without a row are absent. A unit whose
    own line is bad is not coded; and where a bad line doesn't tell which unit it speaks of, no unit
    is called absent, since it may speak of any. A file without one good line says nothing.

    Parameters
    ----------
    text
        The file's content.

    Returns
    -------
    tuple of dict and list
        Action unit -> score, and what is refused, each with its line unless it is the whole file.

    Examples
    --------
    >>> scores, refused = parse_facs("  4.0000000e+00   3.0000000e+00\\n 12 A\\n")
    >>> scores[4], scores[12].intensity, scores[1].present, refused
    (ParsedScore(present=True, intensity='C', side=''), 'A', False, [])
    """
    if not text.strip():
        return {}, [Refused("facs", "Malformed: the file is empty, so nothing is known.")]
    if len(text.split()) == 1 and _is_pain_score(text.strip()):
        return {}, [Refused("facs", UNBC)]
    present: dict[int, ParsedScore] = {}
    lines: dict[int, int] = {}
    unclear: set[int] = set()
    errors, is_whole = [], True
    for line, row in enumerate(text.splitlines(), start=1):
        try:
            for au, score in _row(row).items():
                if present.setdefault(au, score) != score:
                    raise _BadRow(f"AU{au} has another intensity in line {lines[au]}.", au)
                lines.setdefault(au, line)
        except _BadRow as bad:
            errors.append(Refused("facs", str(bad), line))
            if bad.au is None:
                is_whole = False
            else:
                unclear.add(bad.au)
    told = {au: score for au, score in present.items() if au not in unclear}
    if not is_whole or (errors and not told):
        return told, errors
    absent = {au: ParsedScore(False) for au in facs.MODEL_ACTION_UNITS if au not in unclear}
    return {**absent, **told}, errors


def _is_pain_score(text: str) -> bool:
    """Tell a pain score from a lone action unit.

    UNBC-McMaster writes its one number as 2.0000000e+00; a coder writes a lone unit as 12.
    """
    if text.isdecimal():
        return int(text) not in facs.ACTION_UNITS
    return _whole(text) is not None


def _row(row: str) -> dict[int, ParsedScore]:
    """Read one line; a blank one has no scores. Raises _BadRow."""
    tokens = row.split()
    if len(tokens) > 1 and _whole(tokens[0]) is not None:
        return _numbered(row, tokens)
    try:
        return parse_codes(row)
    except Refused as refused:
        raise _BadRow(refused.message) from None


def _numbered(row: str, tokens: list[str]) -> dict[int, ParsedScore]:
    """Read a line "AU intensity": CK+'s intensities are 0 to 5, FACS's A to E. Raises _BadRow."""
    au = _whole(tokens[0])
    assert au is not None
    if au not in facs.ACTION_UNITS:
        raise _BadRow(f"Unknown action unit AU{au}.")
    letter = tokens[1].upper()
    graded = letter in facs.INTENSITIES
    level = list(facs.INTENSITIES).index(letter) + 1 if graded else _whole(tokens[1])
    if len(tokens) != 2 or level is None:
        shown = row.strip()[:60]
        only = au if len(tokens) == 2 else None
        raise _BadRow(f"Malformed line {shown!r}: expected 'AU intensity'.", only)
    if not 0 <= level <= 5:
        raise _BadRow(f"AU{au} has intensity {level}: CK+ has 0 to 5.", au)
    return {au: ParsedScore(True, facs.intensity_from_ckplus(level))}


def _whole(token: str) -> int | None:
    try:
        number = float(token)
        return int(number) if number == int(number) else None
    except (ValueError, OverflowError):  # int() of nan and of inf
        return None
