"""The order in which an export writes faces, and all that is said of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from random import SystemRandom
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from annotations.consent import Scope, subjects_left_out
from annotations.models import Face, NeutralFrame

CHUNK = 1000


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

    def faces(self, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the values of the faces, in chunks. The first of the columns is `pk`."""
        return _each(Face.objects.all(), self._faces, columns)

    def neutral_frames(self, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
        return _each(NeutralFrame.objects.all(), self._neutral, columns)

    def rows(
        self, rows: QuerySet[Any], columns: tuple[str, ...]
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the values of rows that belong to faces, in chunks: each face's together, by id.

        The first of the columns is `pk`.
        """
        for chunk in _chunks(self._faces):
            places = {pk: place for place, pk in enumerate(chunk)}
            said = rows.filter(_among("face", chunk)).values_list("face_id", *columns)
            found = [row for row in said if row[0] in places]
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

    def of_each(self, pks: Sequence[int | None]) -> list[int | None]:
        """Return the numbers of rows; None for None, and for what came later."""
        if not len(self._ids):
            return [None] * len(pks)
        wanted = np.array([pk or 0 for pk in pks], dtype=np.int64)
        found = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        known = (self._ids[found] == wanted).tolist()
        numbers = (self._places[found] + 1).tolist()
        return [number if there else None for number, there in zip(numbers, known, strict=True)]


def _ids(rows: QuerySet[Any], shuffled: bool) -> array[int]:
    ids = array("q", rows.order_by("pk").values_list("pk", flat=True).iterator())
    if shuffled:
        SystemRandom().shuffle(ids)
    return ids


def _chunks(ids: array[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _each(
    rows: QuerySet[Any], ids: array[int], columns: tuple[str, ...]
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows with these ids, in this order, in chunks.

    Each chunk is a query of its own: no cursor is held open while files are written.
    """
    for chunk in _chunks(ids):
        found = {row[0]: row for row in rows.filter(_among("pk", chunk)).values_list(*columns)}
        yield [found[pk] for pk in chunk if pk in found]


def _among(column: str, ids: list[int]) -> Q:
    """Return a condition that holds of the rows with these ids, and perhaps of a few others.

    A thousand values take Django longer to write than a database to read the rows of a range.
    """
    first, last = min(ids), max(ids)
    if last - first < 2 * len(ids):
        return Q(**{f"{column}__gte": first, f"{column}__lte": last})
    return Q(**{f"{column}__in": ids})
