"""SQL for whether two readings of a face differ: the twin of annotations.codings.comparison.

The rule is written there in words and in Python;
tests/annotations/codings/test_comparison.py checks that the two agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact

from annotations.facs import MODEL_ACTION_UNITS
from annotations.models.lazy import rows

if TYPE_CHECKING:
    from annotations.models.codings import Coder, Coding


def differs_from_truth(coder: Coder) -> Q:
    """Return a condition on faces: the truth and the codings by `coder` have `differences`."""
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
    """Return a condition on codings: they have `differences` from one of `others` on their face.

    The units are compared by the bits of the codings' own rows (`unit_bits`), so that no score is
    looked up. The subquery is bound to one face: where PostgreSQL believes that a table is empty
    though it isn't, as after a vacuum of rows that were rolled back, it would otherwise go through
    all codings for each.
    """
    emotion = ~Q(emotion="") & ~Q(emotion=OuterRef("emotion")) & _said(OuterRef("emotion"))
    units = Q(units_present__contradicts=OuterRef("units_absent")) | Q(
        units_absent__contradicts=OuterRef("units_present")
    )
    return Q(Exists(others.filter(emotion | units, face=OuterRef("face"))))


def _said(emotion: OuterRef) -> Q:
    """Return the condition that the outer coding's emotion isn't blank."""
    return ~Q(Exact(emotion, Value("")))


def repeating() -> Q:
    """Return a condition on a subquery's codings: they say all that the outer query's says.

    The twin of `annotations.codings.comparison.repeats`.
    """
    emotion = Q(emotion=OuterRef("emotion")) | ~_said(OuterRef("emotion"))
    return emotion & Q(
        units_present__covers=OuterRef("units_present"),
        units_absent__covers=OuterRef("units_absent"),
    )
