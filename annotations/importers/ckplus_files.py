"""The content of CK+'s small label files.

Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)", and its readme: a `*_facs.txt` has
one row per action unit, "AU intensity"; a `*_emotion.txt` has one number of 0 to 7.
"""

from __future__ import annotations

from annotations import facs
from annotations.importers.rows import ParsedScore, Refused

UNBC = (
    "A single number is UNBC-McMaster's pain score (PSPI), not CK+'s action units: "
    "that data set's *_facs.txt files cannot be imported."
)


def parse_emotion(text: str) -> str:
    """The emotion's name. Raises Refused.

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


def parse_facs(text: str) -> tuple[dict[int, ParsedScore], list[Refused]]:
    """The face's scores and every bad line.

    The whole face was coded, so the model's action units without a row are absent. A row means
    present whatever its intensity: 0 there says that the intensity was not coded.
    """
    if not text.strip():
        return {}, [Refused("facs", "Malformed: the file is empty, so nothing is known.")]
    if len(text.split()) == 1:
        return {}, [Refused("facs", UNBC)]
    present: dict[int, ParsedScore] = {}
    lines: dict[int, int] = {}
    errors = []
    for line, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        try:
            au, score = _facs_row(row)
            if present.setdefault(au, score) != score:
                raise Refused("facs", f"AU{au} has another intensity in line {lines[au]}.")
            lines.setdefault(au, line)
        except Refused as refused:
            errors.append(Refused(refused.field, refused.message, line))
    absent = {au: ParsedScore(False) for au in facs.MODEL_ACTION_UNITS}
    return {**absent, **present}, errors


def _facs_row(row: str) -> tuple[int, ParsedScore]:
    numbers = [_whole(token) for token in row.split()]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise Refused("facs", f"Malformed line {row.strip()[:60]!r}: expected 'AU intensity'.")
    au, level = numbers[0], numbers[1]
    if au not in facs.ACTION_UNITS:
        raise Refused("facs", f"Unknown action unit AU{au}.")
    if not 0 <= level <= 5:
        raise Refused("facs", f"AU{au} has intensity {level}: CK+ has 0 to 5.")
    return au, ParsedScore(True, facs.intensity_from_ckplus(level))


def _whole(token: str) -> int | None:
    try:
        number = float(token)
        return int(number) if number == int(number) else None
    except (ValueError, OverflowError):  # int() of nan and of inf
        return None
