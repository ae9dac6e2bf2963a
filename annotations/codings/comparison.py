"""Whether two readings of a face differ: one rule, in Python and beside it in SQL.

They are compared in the emotion and in the action units that the model answers for
(facs.MODEL_ACTION_UNITS), each where both coded it: what either left uncoded is no difference. So
the gallery's filter, the card, the API, bulk actions and the order of queues tell the same.
tests/annotations/test_comparison.py holds the three (SQL, Python, NumPy in queues/orders.py)
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations import facs

if TYPE_CHECKING:
    from annotations.models import Coder, Coding

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


def differs_from_truth(coder: Coder) -> Q:
    """Of a face: its truth and the codings by `coder` have `differences`."""
    from annotations.models import ActionUnitScore, Coding  # they import the querysets

    truths = Coding.objects.filter(face=OuterRef("pk"), is_accepted=True).exclude(emotion="")
    read = Coding.objects.filter(face=OuterRef("face"), coder=coder).exclude(emotion="")
    emotion = truths.filter(Exists(read.exclude(emotion=OuterRef("emotion"))))
    otherwise = ActionUnitScore.objects.filter(
        coding__face=OuterRef("coding__face"), coding__coder=coder, au=OuterRef("au")
    ).exclude(present=OuterRef("present"))
    score = ActionUnitScore.objects.filter(
        coding__face=OuterRef("pk"), coding__is_accepted=True, au__in=UNITS
    ).filter(Exists(otherwise))
    return Q(Exists(emotion)) | Q(Exists(score))


def contradicted_by(others: QuerySet[Coding]) -> Q:
    """Of a coding: one of the codings `others` of its face has `differences` to it."""
    from annotations.models import ActionUnitScore

    emotion = (
        others.filter(face=OuterRef("face"))
        .exclude(emotion="")
        .exclude(emotion=OuterRef("emotion"))
    )
    theirs = ActionUnitScore.objects.filter(
        coding__in=others.values("pk"), coding__face=OuterRef("coding__face"), au=OuterRef("au")
    ).exclude(present=OuterRef("present"))
    score = ActionUnitScore.objects.filter(coding=OuterRef("pk"), au__in=UNITS)
    return (Q(Exists(emotion)) & ~Q(emotion="")) | Q(Exists(score.filter(Exists(theirs))))
