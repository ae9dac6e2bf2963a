"""Numbers, yes or no, and "not a number", in the spellings in which programs write them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?(inf(inity)?|1\.#inf0*)", re.IGNORECASE)
#: As C's printf writes them: glibc `-nan`, `nan(0x8..)`; Microsoft's `-nan(ind)`, and `-1.#IND00`,
#: `1.#QNAN` before Visual Studio 2015.
_NAN = re.compile(r"[-+]?(nan(\([a-z0-9_]*\))?|1\.#(ind|qnan|snan|nan)0*)", re.IGNORECASE)
#: Spreadsheets' and pandas' words for a value that isn't there (its `read_csv`, `na_values`).
_NOTHING = {
    "", "na", "n/a", "<na>", "#na", "#n/a", "#n/a n/a", "#num!", "#div/0!", "null", "#null!",
    "none", "nat",
}  # fmt: skip
_YES_OR_NO = {"true": 1.0, "false": 0.0}
#: How far beyond a bound a number is still taken for the bound: what rounding leaves behind.
CLIPPED_WITHIN = 1e-6


def is_nothing(text: str) -> bool:
    """Tell whether a cell is blank or says that there is no value.

    >>> [is_nothing(text) for text in ("-nan(ind)", "-1.#QNAN", "#N/A", "inf", "0")]
    [True, True, True, False, False]
    """
    text = text.strip()
    return text.lower() in _NOTHING or _NAN.fullmatch(text) is not None


def as_number(text: str) -> float | None:
    """Return the number that a cell spells, TRUE and FALSE as 1 and 0; None where it spells none.

    >>> as_number(" 2.60"), as_number("TRUE"), as_number("-inf"), as_number("1_0")
    (2.6, 1.0, -inf, None)
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float("-inf") if text.startswith("-") else float("inf")
    return _YES_OR_NO.get(text.lower())


def with_point(text: str) -> str:
    """Write a number that has a decimal comma with a point, and leave any other text as it is.

    >>> with_point("0,5"), with_point("1,5,7"), with_point("b,c")
    ('0.5', '1,5,7', 'b,c')
    """
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text.strip()) else text


def clipped(value: float, low: float, high: float) -> float:
    """Return `value`, or the bound that it misses by a rounding error (`CLIPPED_WITHIN`).

    >>> clipped(1.0000001, 0, 1), clipped(1.1, 0, 1)
    (1, 1.1)
    """
    if low - CLIPPED_WITHIN <= value < low:
        return low
    return high if high < value <= high + CLIPPED_WITHIN else value


def presence(text: str) -> bool | None:
    """Tell whether a unit is there by a cell of yes or no; None where the cell is neither.

    >>> [presence(text) for text in ("1", "0,0", "TRUE", "1.0000001", "2")]
    [True, False, True, True, None]
    """
    value = as_number(with_point(text))
    value = None if value is None else clipped(clipped(value, 0, 0), 1, 1)
    return bool(value) if value in {0, 1} else None
