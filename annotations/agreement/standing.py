"""The one coding of a coder that counts on a face, and how many don't count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from annotations.models import Coder
from annotations.models.querysets import CodingQuerySet


class Said(NamedTuple):
    """A coding without its scores."""

    pk: int
    face: int
    subject: int
    coder: int
    emotion: str
    kind: str
    is_blind: bool
    is_independent: bool
    is_withdrawn: bool
    created_at: datetime


_COLUMNS = (
    "pk", "face", "face__subject", "coder", "emotion", "coder_kind", "is_blind", "is_independent",
    "is_withdrawn", "created_at",
)  # fmt: skip


@dataclass(frozen=True)
class LeftOut:
    """The numbers of the chosen coders' codings that don't count."""

    #: Decisions about the truth: they take over what others said.
    decisions: int = 0
    #: With "blind only": a person's first coding of a face that was not given blind.
    not_blind: int = 0

    @property
    def total(self) -> int:
        """The number of codings that were left out."""
        return self.decisions + self.not_blind

    @property
    def reasons(self) -> list[str]:
        """The reasons in words, each with its number; empty where nothing is left out."""
        told = []
        if self.decisions:
            are = "is a decision" if self.decisions == 1 else "are decisions"
            told.append(
                f"{self.decisions:,} {are} about the ground truth (accepted, merged, adjudicated "
                "or in bulk), which take over what others said"
            )
        if self.not_blind:
            was = "was" if self.not_blind == 1 else "were"
            told.append(f"{self.not_blind:,} {was} not blind when the face was first coded")
        return told


def standing(codings: CodingQuerySet, *, blind_only: bool) -> tuple[list[Said], LeftOut]:
    """Choose one coding of each coder on each face, in the order of their ids.

    It is the latest that stands and is independent. With `blind_only`, a person's is their first
    of the face if that was blind, even if they replaced or withdrew it: it is what they saw with
    their own eyes, whereas before a later one they may have seen what others say. Models and
    imports see nobody's reading.

    Parameters
    ----------
    codings
        Those to choose from, withdrawn ones included.
    blind_only
        Whether people's codings must have been given blind.

    Returns
    -------
    list of Said, LeftOut
        The chosen codings, and how many were passed over and why.
    """
    rows = [Said(*row) for row in codings.order_by("pk").values_list(*_COLUMNS)]
    people = [row for row in rows if blind_only and row.kind == Coder.Kind.HUMAN]
    others = [row for row in rows if not blind_only or row.kind != Coder.Kind.HUMAN]
    stand = [row for row in others if not row.is_withdrawn]
    latest = {(row.face, row.coder): row for row in stand if row.is_independent}
    first = _first(people)
    blind = [row for row in first if row.is_blind]
    decisions = [row for row in (*stand, *first) if not row.is_independent]
    left_out = LeftOut(
        decisions=len(decisions),
        not_blind=sum(row.is_independent and not row.is_blind for row in first),
    )
    return sorted([*latest.values(), *blind]), left_out


def _first(rows: Iterable[Said]) -> list[Said]:
    """Return each coder's first coding of each face, by date: an import may bring in older ones."""
    first: dict[tuple[int, int], Said] = {}
    for row in sorted(rows, key=lambda row: (row.created_at, row.pk)):
        first.setdefault((row.face, row.coder), row)
    return list(first.values())
