"""Majorities among several codings, and the ties where there is none.

A value is preset where more than half of those who coded it say so. A tie presets nothing:
otherwise the one who coded first would decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from annotations.codings.held import Held
from annotations.codings.reading import Score

PRESENCE, INTENSITY = "presence", "intensity"


@dataclass(frozen=True)
class Most:
    """A majority: `value` is what more than half say; None if nobody said anything, or on a tie."""

    value: Any
    is_tie: bool


@dataclass(frozen=True)
class Vote:
    """The vote on one action unit: what the editor starts from, and what is tied (blank: nothing).

    `tie` names each of `PRESENCE` and `INTENSITY` that has no majority, separated by a space.
    """

    held: Held
    tie: str


def most(values: Sequence[Any]) -> Most:
    """Return the strict majority of what was said."""
    if not values:
        return Most(None, is_tie=False)
    value, count = Counter(values).most_common(1)[0]
    return Most(value, is_tie=False) if 2 * count > len(values) else Most(None, is_tie=True)


def vote_on(scores: Sequence[Score]) -> Vote:
    """Count the votes in `scores`, given by those who coded the action unit.

    The intensity is voted on by those who find it present and gave one.
    """
    presence = most([score.present for score in scores])
    intensity = most([score.intensity for score in scores if score.present and score.intensity])
    tied = [PRESENCE] * presence.is_tie
    tied += [INTENSITY] * (intensity.is_tie and presence.value is not False)
    if presence.value is None:
        return Vote(Held(), " ".join(tied))
    held = Held(True, False, intensity.value or "") if presence.value else Held(absent=True)
    return Vote(held, " ".join(tied))


def is_decided(tie: str, held: Held) -> bool:
    """Tell whether what the editor holds of an action unit leaves no tie open."""
    if held.absent:
        return True
    if held.present:
        return INTENSITY not in tie.split() or bool(held.intensity)
    return not tie
