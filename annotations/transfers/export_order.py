"""The order in which an export writes faces, and all that is said of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import islice
from random import SystemRandom
from typing import Any, TypeVar

import numpy as np
from django.db.models import Model, QuerySet

from annotations.consent import Scope, subjects_left_out
from annotations.models import Face, NeutralFrame

CHUNK = 1000
Row = TypeVar("Row", bound=Model)


class Order:
    """The order of faces and of neutral frames: by id, or shuffled.

    Faces of subjects whose consent isn't for export are left out. They are shuffled where names
    are left out, as the order of a known data set would reveal them. Only ids are held, eight bytes
    each. What is added while an export is under way isn't in it.
    """

    def __init__(self, *, shuffled: bool) -> None:
        left_out = subjects_left_out(Scope.EXPORT)
        self._faces = _ids(Face.objects.exclude(subject__in=left_out), shuffled)
        self._neutral = _ids(NeutralFrame.objects.exclude(subject__in=left_out), shuffled)

    def faces(self) -> Iterator[Face]:
        return _each(Face.objects.select_related("subject", "uploaded_by"), self._faces)

    def neutral_frames(self) -> Iterator[NeutralFrame]:
        return _each(NeutralFrame.objects.select_related("subject"), self._neutral)

    def rows(
        self, rows: QuerySet[Any], columns: tuple[str, ...]
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the values of rows that belong to faces, in chunks: each face's together, by id.

        The first of the columns is `pk`.
        """
        for chunk in _chunks(self._faces):
            places = {pk: place for place, pk in enumerate(chunk)}
            found = list(rows.filter(face__in=chunk).values_list("face_id", *columns))
            found.sort(key=lambda row: (places[row[0]], row[1]))
            yield [row[1:] for row in found]


class Numbers:
    """Rows numbered from 1 in their order: sixteen bytes a row, whatever the ids are."""

    def __init__(self, order: Order, rows: QuerySet[Any]) -> None:
        ids = array("q")
        for chunk in order.rows(rows, ("pk",)):
            ids.extend(pk for (pk,) in chunk)
        self._ids = np.frombuffer(ids, dtype=np.int64)
        self._places = np.argsort(self._ids)
        self._ids = self._ids[self._places]

    def of(self, pk: int | None) -> int | None:
        """Return the number of a row; None for one that isn't among the rows, as it came later."""
        if pk is None:
            return None
        found = int(np.searchsorted(self._ids, pk))
        if found == len(self._ids) or self._ids[found] != pk:
            return None
        return int(self._places[found]) + 1


def _ids(rows: QuerySet[Any], shuffled: bool) -> array[int]:
    ids = array("q", rows.order_by("pk").values_list("pk", flat=True).iterator())
    if shuffled:
        SystemRandom().shuffle(ids)
    return ids


def _chunks(ids: array[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _each(rows: QuerySet[Row], ids: array[int]) -> Iterator[Row]:
    """Yield the rows with these ids, in this order.

    Each chunk is a query of its own: no cursor is held open while files are written.
    """
    for chunk in _chunks(ids):
        found = rows.in_bulk(chunk)
        yield from (found[pk] for pk in chunk if pk in found)
