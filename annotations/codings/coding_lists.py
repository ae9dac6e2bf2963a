"""Lists of codings: what few codings fulfil is looked up first, and all else asked of these alone.

A list is read from the latest coding on, which fills a page soon where many codings are asked for.
Where hardly any is, the database would look through all of them for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from annotations.models import ActionUnitScore, Coder, Coding
from annotations.models.querysets import CodingQuerySet

#: A condition that so few codings fulfil is looked up first.
FEW = 1000
#: Filter -> lookup of a coding.
_COLUMNS = {
    "face": "face", "kind": "coder_kind", "emotion": "emotion",
    "is_accepted": "is_accepted", "confidence__lt": "confidence__lt",
    "confidence__gte": "confidence__gte", "updated_since": "created_at__gte",
}  # fmt: skip
#: Filters that an index serves by itself; bounds of one column are looked up together.
_INDEXED = ({"confidence__lt", "confidence__gte"}, {"updated_since"})


def narrowed(codings: CodingQuerySet, asked: Mapping[str, Any]) -> CodingQuerySet:
    """Return those of `codings` that the filters of the API's list ask for."""
    codings = codings.filter(
        **{_COLUMNS[name]: value for name, value in asked.items() if name in _COLUMNS}
    )
    if "coder" in asked:  # by id, so that the database begins from the codings
        own = Coder.objects.filter(name=asked["coder"]).values_list("pk", flat=True)
        codings = codings.filter(coder__in=list(own))
    if "au" in asked:
        codings = codings.showing(asked["au"])
    for rows, key in _ways(asked):
        ids = list(rows.order_by().values_list(key, flat=True)[: FEW + 1])
        if len(ids) <= FEW:
            return codings.filter(pk__in=ids)
    return codings


def _ways(asked: Mapping[str, Any]) -> Iterator[tuple[QuerySet[Any], str]]:
    """Yield rows that an index finds, and their column with the coding's id.

    They may name a coding that isn't asked for, but miss none that is.
    """
    if "au" in asked:
        yield ActionUnitScore.objects.filter(au=asked["au"], present=True), "coding_id"
    for names in _INDEXED:
        if bounds := {_COLUMNS[name]: asked[name] for name in asked.keys() & names}:
            yield Coding.objects.filter(**bounds), "pk"
    if asked.keys() & {"coder", "kind", "emotion"}:
        yield _by_coder(asked), "pk"


def _by_coder(asked: Mapping[str, Any]) -> CodingQuerySet:
    """Return the codings by a coder or by all of a kind, or by anybody; with their emotion."""
    columns = {"coder": "name", "kind": "kind"}
    coders = Coder.objects.filter(
        **{columns[name]: asked[name] for name in columns if name in asked}
    )
    found = Coding.objects.filter(coder__in=list(coders.values_list("pk", flat=True)))
    return found.filter(emotion=asked["emotion"]) if "emotion" in asked else found
