"""Cells of a CSV that a spreadsheet may open: text that would be a formula is defused.

OWASP, "CSV Injection": a cell that begins with = + - @, a tab or a carriage return is run by
spreadsheets. A leading apostrophe makes it text.
"""

from __future__ import annotations

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")


def defuse(cell: str) -> str:
    """Return a cell as text that no spreadsheet runs as a formula.

    A formula gets a leading apostrophe, and so does one that has apostrophes before it already.
    Numbers stay as they are.

    Parameters
    ----------
    cell
        Its text.

    Examples
    --------
    >>> defuse("=HYPERLINK(1)"), defuse("-1.5"), defuse("smile"), defuse("'=1")
    ("'=HYPERLINK(1)", '-1.5', 'smile', "''=1")
    """
    return f"'{cell}" if _is_formula(cell.lstrip("'")) else cell


def restore(cell: str) -> str:
    """Return the cell as it was before `defuse`.

    Parameters
    ----------
    cell
        Its text. What `defuse` would not have made stays as it is.

    Examples
    --------
    >>> restore("'=HYPERLINK(1)"), restore("'tis")
    ('=HYPERLINK(1)', "'tis")
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell.lstrip("'")) else cell


def _is_formula(cell: str) -> bool:
    return cell.startswith(_STARTS) and _NUMBER.fullmatch(cell) is None
