"""Counts of related rows for the rows of a list: of those that are shown, not of all there are."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], by: str) -> Coalesce:
    """Return the number of `rows` that point at a row of the outer query, to annotate it with.

    A join would group all rows of both tables before a page of a list is cut from them.

    Parameters
    ----------
    by
        The column that points there.
    """
    own = rows.filter(**{by: OuterRef("pk")}).order_by().values(by)
    number = Subquery(own.annotate(number=Count("pk")).values("number"))
    return Coalesce(number, 0, output_field=IntegerField())
