"""int8 beside the numbers that a model learnt in, ready to show. No Django."""

from __future__ import annotations

from dataclasses import dataclass

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.precision import JUDGED, Comparison, Difference

_NAMES = {"emotion_accuracy": "emotion accuracy"} | JUDGED


@dataclass(frozen=True)
class PrecisionRow:
    """One figure by both, their difference, and its 95 % interval by subject; empty for none."""

    name: str
    learnt: str
    int8: str
    difference: str
    interval: str


@dataclass(frozen=True)
class PrecisionBoard:
    """A model's comparison of int8 with what it learnt in; `summary` tells of single answers."""

    learnt_in: str
    rows: list[PrecisionRow]
    summary: str


def precision_board(found: Comparison | None) -> PrecisionBoard | None:
    """Draw up a comparison; None where there is none."""
    if found is None:
        return None
    rows = [_row(name, found.figures[name]) for name in _NAMES]
    decisions = found.faces * len(MODEL_ACTION_UNITS)
    return PrecisionBoard(
        found.learnt_in,
        rows,
        f"{found.emotions_changed:,} of {found.faces:,} faces get another emotion, "
        f"{found.units_changed:,} of {decisions:,} decisions on action units change, and no "
        f"probability moves by more than {found.furthest:.3f}.",
    )


def _row(name: str, found: Difference) -> PrecisionRow:
    label = _NAMES[name]
    interval = ""
    if found.low is not None and found.high is not None:
        interval = f"{_signed(found.low)} to {_signed(found.high)}"
    return PrecisionRow(
        f"{label[0].upper()}{label[1:]}",
        _score(found.learnt),
        _score(found.int8),
        "–" if found.difference is None else _signed(found.difference),
        interval,
    )


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _signed(value: float) -> str:
    """Write a difference so that half a point stands out.

    >>> _signed(-0.0032), _signed(0.0011), _signed(-0.00001)
    ('−0.0032', '+0.0011', '0.0000')
    """
    told = f"{value:+.4f}".replace("-", "−")
    return told if float(f"{value:.4f}") else told[1:]
