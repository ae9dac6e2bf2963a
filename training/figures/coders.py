"""A run's findings about its coders, in words. No Django."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from annotations.facs import EMOTIONS
from annotations.measures.groups import DIMENSIONS
from training.ml.coder_checks import FAR, CoderChecks, UnequalCoder

#: So many are listed: those whose difference is greatest.
_LISTED = 20


@dataclass(frozen=True)
class UnequalRow:
    coder: str
    text: str
    #: The gallery's query for the group's faces that show it.
    query: str


@dataclass(frozen=True)
class AgreementRow:
    coder: str
    faces: int
    agreement: str
    verdict: str
    is_far: bool


@dataclass(frozen=True)
class CoderRows:
    looks: int
    unequal: list[UnequalRow]
    more: int
    agreement: list[AgreementRow]


def coder_rows(checks: CoderChecks | None) -> CoderRows | None:
    """Say what was found of coders; None where nothing was looked for."""
    if checks is None:
        return None
    return CoderRows(
        looks=checks.looks,
        unequal=[_unequal(row) for row in checks.unequal[:_LISTED]],
        more=max(len(checks.unequal) - _LISTED, 0),
        agreement=[
            AgreementRow(
                coder=row.coder,
                faces=row.faces,
                agreement="–" if row.agreement is None else f"{row.agreement:.0%}",
                verdict=_verdict(row.distance),
                is_far=row.is_far,
            )
            for row in checks.agreement
        ],
    )


def _unequal(row: UnequalCoder) -> UnequalRow:
    points = 100 * (row.difference or 0)
    more = f"{abs(points):.0f} points {'more' if points > 0 else 'less'} often"
    named = DIMENSIONS.get(row.dimension, row.dimension)
    shown = {"emotion": row.target} if row.target in EMOTIONS else {"au": row.target[2:]}
    return UnequalRow(
        coder=row.coder,
        text=f"says {row.target} {more} of {named} {row.group} than of others that the model "
        f"scores alike ({row.faces} faces)",
        query=urlencode({row.dimension: row.group} | shown),
    )


def _verdict(distance: float | None) -> str:
    if distance is None:
        return "too few coders to compare"
    if distance < -FAR:
        return f"far below the others ({distance:.1f} robust deviations)"
    return f"among the others ({distance:+.1f})"
