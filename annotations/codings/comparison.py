"""Whether two readings of a face differ: the one rule, in Python.

They are compared in the emotion and in the action units that the model answers for
(facs.MODEL_ACTION_UNITS), each where both coded it: what either left uncoded is no difference. So
the gallery's filter, the card, the API, bulk actions and the order of queues tell the same. Its
twin in SQL is annotations/models/differences.py, that in NumPy stands in queues/orders.py;
tests/annotations/test_comparison.py holds the three together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotations import facs

if TYPE_CHECKING:
    from annotations.models import Coding

UNITS = facs.MODEL_ACTION_UNITS


@dataclass(frozen=True)
class Said:
    """What is compared of a reading. No emotion is "", an uncoded unit is missing."""

    emotion: str = ""
    units: Mapping[int, bool] = field(default_factory=dict)


def said_by(coding: Coding) -> Said:
    """Of a coding whose scores are fetched."""
    return Said(coding.emotion, {score.au: score.present for score in coding.scores.all()})


def emotions_differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def units_differ(one: bool | None, other: bool | None) -> bool:
    """None is uncoded."""
    return one is not None and other is not None and one != other


def differences(one: Said, other: Said) -> int:
    """In how many of the emotion and the model's action units they differ."""
    units = sum(units_differ(one.units.get(au), other.units.get(au)) for au in UNITS)
    return int(emotions_differ(one.emotion, other.emotion)) + units


def repeats(one: Said, other: Said) -> bool:
    """Whether `one` says all that `other` says: no difference, and nothing left uncoded."""
    emotion = not other.emotion or one.emotion == other.emotion
    return emotion and all(
        one.units.get(au) == other.units[au] for au in UNITS if au in other.units
    )
