"""Action units as the bits of one number, in which a coding's row keeps its scores once more.

The database then finds and counts faces by unit without looking up a score for each of them. A
coding's scores are never changed, so neither are these numbers: whoever writes a coding writes them
with it, by `annotations.codings.reading.Reading.unit_columns`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Exists, Lookup, OuterRef, Q

from annotations.facs import MODEL_ACTION_UNITS
from annotations.models.lazy import rows

#: Units above it (of the head, the eyes and visibility) have no bit in a column of 64 with a sign.
HIGHEST = 62


def unit_bits(units: Iterable[int]) -> int:
    """Return the sum of 2 to the power of each action unit's number, where that has a bit.

    >>> unit_bits([1, 12]) == 2 + 4096
    True
    >>> unit_bits([64])
    0
    """
    return sum(1 << au for au in set(units) if au <= HIGHEST)


#: The units that the model answers for.
MODEL_BITS = unit_bits(MODEL_ACTION_UNITS)


def without_bits(units: Iterable[int]) -> set[int]:
    """Return the units that have no bit."""
    return {au for au in units if au > HIGHEST}


class UnitBits(models.BigIntegerField):  # type: ignore[type-arg]  # at run time it has none
    """A column of `unit_bits`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default": 0, "editable": False} | kwargs)


@UnitBits.register_lookup
class HasAll(Lookup):  # type: ignore[type-arg]  # as above
    """True where each of the bits given is set."""

    lookup_name = "has"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, its = self.process_lhs(compiler, connection)
        # In the statement itself: no database matches a parameter with an index's condition.
        bits = int(self.rhs)
        return f"({column} & {bits}) = {bits}", list(its)


@UnitBits.register_lookup
class Contradicts(Lookup):  # type: ignore[type-arg]  # as above
    """True where a bit of one of the model's units is set in both columns.

    Asked of one coding's units present and another's absent: they contradict one another in a unit
    that counts (`annotations.codings.comparison`).
    """

    lookup_name = "contradicts"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, its = self.process_lhs(compiler, connection)
        other, theirs = self.process_rhs(compiler, connection)
        return f"({column} & {other} & {MODEL_BITS}) <> 0", [*its, *theirs]


@UnitBits.register_lookup
class Covers(Lookup):  # type: ignore[type-arg]  # as above
    """True where each bit of the model's units that is set in the other column is set here too."""

    lookup_name = "covers"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, its = self.process_lhs(compiler, connection)
        other, theirs = self.process_rhs(compiler, connection)
        return f"({other} & {MODEL_BITS} & ~{column}) = 0", [*theirs, *its]


def scores(present: Iterable[int] = (), absent: Iterable[int] = (), of: str = "") -> Q:
    """Return a condition: a coding scores each of these action units so.

    Parameters
    ----------
    of
        The way to the coding from the rows that are asked, such as "coding__"; "" if it is these.
    """
    condition = Q()
    both = (("units_present", present, True), ("units_absent", absent, False))
    for column, units, shown in both:
        # One by one, as the indexes of single units ask.
        for au in sorted(set(units) - without_bits(units)):
            condition &= Q(**{f"{of}{column}__has": unit_bits([au])})
        for au in without_bits(units):
            score = rows("ActionUnitScore").filter(coding=OuterRef(f"{of}pk"))
            condition &= Q(Exists(score.filter(au=au, present=shown)))
    return condition
