"""SQL for whether two readings of a face differ: the twin of annotations.codings.comparison.

The rule is written there in words and in Python;
tests/annotations/codings/test_comparison.py checks that the two agree. Units are compared by the
bits of the codings' own rows (`unit_bits`), so that no score is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.lookups import Exact

from annotations.models.lazy import rows

if TYPE_CHECKING:
    from annotations.models.codings import Coding


def difference_from_truth() -> Subquery:
    """Return an expression on codings: whether their face's truth and they have `differences`.

    It is null where there is no truth.
    """
    truth = rows("Coding").filter(face=OuterRef("face"), is_accepted=True).order_by()
    told = Case(When(_differs(), then=True), default=False, output_field=BooleanField())
    return Subquery(truth.values_list(told)[:1])


def contradicted_by(others: QuerySet[Coding]) -> Q:
    """Return a condition on codings: they have `differences` from one of `others` on their face.

    The subquery is bound to one face: where PostgreSQL believes that a table is empty though it
    isn't, as after a vacuum of rows that were rolled back, it would otherwise go through all
    codings for each.
    """
    return Q(Exists(others.filter(_differs(), face=OuterRef("face"))))


def _differs() -> Q:
    """Return a condition on codings: they and the outer coding have `differences`."""
    emotion = ~Q(emotion="") & ~Q(emotion=OuterRef("emotion")) & _said(OuterRef("emotion"))
    units = Q(units_present__contradicts=OuterRef("units_absent")) | Q(
        units_absent__contradicts=OuterRef("units_present")
    )
    return emotion | units


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
