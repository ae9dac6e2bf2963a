"""Whether two readings of a face differ, in SQL: the twin of annotations.codings.comparison.

The rule stands there in words and in Python;
tests/annotations/codings/test_comparison.py holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.facs import MODEL_ACTION_UNITS
from annotations.models.lazy import rows

if TYPE_CHECKING:
    from annotations.models.codings import Coder, Coding


def differs_from_truth(coder: Coder) -> Q:
    """Of a face: its truth and the codings by `coder` have `differences`."""
    truths = rows("Coding").filter(face=OuterRef("pk"), is_accepted=True).exclude(emotion="")
    read = rows("Coding").filter(face=OuterRef("face"), coder=coder).exclude(emotion="")
    emotion = truths.filter(Exists(read.exclude(emotion=OuterRef("emotion"))))
    otherwise = (
        rows("ActionUnitScore")
        .filter(coding__face=OuterRef("coding__face"), coding__coder=coder, au=OuterRef("au"))
        .exclude(present=OuterRef("present"))
    )
    score = (
        rows("ActionUnitScore")
        .filter(coding__face=OuterRef("pk"), coding__is_accepted=True, au__in=MODEL_ACTION_UNITS)
        .filter(Exists(otherwise))
    )
    return Q(Exists(emotion)) | Q(Exists(score))


def contradicted_by(others: QuerySet[Coding]) -> Q:
    """Of a coding: one of the codings `others` of its face has `differences` to it."""
    emotion = (
        others.filter(face=OuterRef("face"))
        .exclude(emotion="")
        .exclude(emotion=OuterRef("emotion"))
    )
    theirs = (
        rows("ActionUnitScore")
        .filter(
            coding__in=others.values("pk"), coding__face=OuterRef("coding__face"), au=OuterRef("au")
        )
        .exclude(present=OuterRef("present"))
    )
    score = rows("ActionUnitScore").filter(coding=OuterRef("pk"), au__in=MODEL_ACTION_UNITS)
    return (Q(Exists(emotion)) & ~Q(emotion="")) | Q(Exists(score.filter(Exists(theirs))))
