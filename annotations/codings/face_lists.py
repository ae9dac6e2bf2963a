"""Lists of faces, read page by page: a page costs the same however long the list and far the page.

docs/decisions/0010-lists-at-size.md says why. A list is read along one condition of its query, a
*way*, which an index keeps in the order of faces; each face on the way is then asked for the whole
query, and for what the reader may see. So a way only decides how soon faces are found, never which.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from annotations.codings.face_query import FaceQuery
from annotations.codings.face_ways import Way, ways
from annotations.models import Coding, Face
from annotations.models.face_querysets import FaceQuerySet
from annotations.models.in_turn import in_turn
from facsweb.rest.counted import Counted, count_to

#: A condition that so few faces fulfil is looked up first: then all else is asked of these alone.
FEW = 1000
#: Faces on the way that are looked at for a number.
_LOOKED_AT = 2000

Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class FaceList:
    """A list of faces in the order of their ids.

    Attributes
    ----------
    way
        The rows along which it is read.
    rows
        Those of them whose faces are in the list.
    key
        Their column with the face's id.
    """

    way: Rows
    rows: Rows
    key: str

    def after(self, face: int, most: int) -> list[int]:
        """Return the next ids above that of `face`, which needn't be in the list; 0 for all."""
        return self._ids(self.rows.filter(**{f"{self.key}__gt": face}), self.key, most)

    def before(self, face: int, most: int) -> list[int]:
        """Return the next ids below that of `face`, ascending."""
        below = self.rows.filter(**{f"{self.key}__lt": face})
        return self._ids(below, f"-{self.key}", most)[::-1]

    def last(self, most: int) -> list[int]:
        return self._ids(self.rows, f"-{self.key}", most)[::-1]

    def count(self) -> Counted:
        return self._count({}, self.key)

    def count_before(self, face: int) -> Counted:
        """Count the faces before one, the nearest first."""
        return self._count({f"{self.key}__lt": face}, f"-{self.key}")

    def _ids(self, rows: Rows, order: str, most: int) -> list[int]:
        return list(rows.order_by(order).values_list(self.key, flat=True)[:most])

    def _count(self, bounds: dict[str, int], order: str) -> Counted:
        """Count rows up to ENOUGH, but look at no more than some thousand on the way."""
        rows = self.rows.filter(**bounds)
        if self.rows is self.way:
            return count_to(rows)
        along = self.way.filter(**bounds).order_by(order).values_list(self.key, flat=True)
        edge = list(along[_LOOKED_AT : _LOOKED_AT + 1])
        if not edge:
            return count_to(rows)
        side = "gt" if order.startswith("-") else "lt"
        found = count_to(rows.filter(**{f"{self.key}__{side}": edge[0]}))
        return Counted(found.number, is_more=True)


def faces_of(query: FaceQuery, faces: FaceQuerySet, user: User) -> FaceList:
    """Return the list of those of `faces`, all of which `user` may see, that a query asks for."""
    askable = query.askable(faces, user)
    whole = query.narrow(askable, user, each=True)
    best: Way | None = None
    found = list(ways(query))
    for way in found:
        is_only = len(found) == 1 and way.is_ordered
        if not is_only and way.rows.order_by()[: FEW + 1].count() <= FEW:
            ids = set(way.rows.order_by().values_list(way.key, flat=True))
            few = Face.objects.filter(pk__in=ids)
            return FaceList(few, whole.filter(pk__in=ids), "pk")
        if way.is_ordered and best is None:
            best = way
    if best is None:
        is_plain = _asks_nothing(replace(query, uploaded=(None, None)))  # of faces' own rows
        return FaceList(faces, whole if is_plain else _fitting(faces, "pk", whole), "pk")
    if _asks_nothing(best.rest) and not askable.query.where:
        return FaceList(best.rows, best.rows, best.key)
    return FaceList(best.rows, _fitting(best.rows, best.key, whole), best.key)


def _fitting(way: Rows, key: str, whole: FaceQuerySet) -> Rows:
    """Return the rows of a way whose faces are in `whole`, each asked as the way comes to it."""
    return way.filter(Exists(in_turn(whole.filter(pk=OuterRef(key)).order_by())))


def by_confidence(query: FaceQuery, faces: FaceQuerySet, user: User) -> Rows:
    """Return the model's readings of a query's faces, to be ordered by their confidence."""
    whole = query.apply(faces, user, each=True).filter(pk=OuterRef("face")).order_by()
    return Coding.objects.filter(
        Exists(in_turn(whole)), coder=query.model, confidence__isnull=False
    )


def _asks_nothing(query: FaceQuery) -> bool:
    return query == FaceQuery(model=query.model)


@dataclass(frozen=True)
class FacePage:
    """A page of a list.

    Attributes
    ----------
    ids
        The faces on it.
    previous, following
        Whether there is a page before it, and one after it.
    """

    ids: list[int]
    previous: bool
    following: bool

    @property
    def first(self) -> int:
        return self.ids[0]

    @property
    def last(self) -> int:
        return self.ids[-1]

    def counted(self, found: Counted) -> Counted:
        """Return how many faces the list has, as far as they were `found` by counting and here.

        Counting looks at so many rows only, and where few of them are in the list it may come to
        less than the page shows.
        """
        if not (self.previous or self.following):
            return Counted(len(self.ids))
        return Counted(max(found.number, len(self.ids)), found.is_more)


def page_of(
    faces: FaceList, most: int, *, after: int = 0, before: int | None = None, last: bool = False
) -> FacePage:
    """Return the page that begins after a face, ends before one, or is the last."""
    if last or before is not None:
        ids = faces.last(most + 1) if before is None else faces.before(before, most + 1)
        if len(ids) > most:
            following = before is not None and bool(faces.after(ids[-1], 1))
            return FacePage(ids[-most:], previous=True, following=following)
        after = 0  # the first page, and whole
    ids = faces.after(after, most + 1)
    previous = bool(after and ids and faces.before(ids[0], 1))
    return FacePage(ids[:most], previous, len(ids) > most)


@dataclass(frozen=True)
class Neighbours:
    """The place of a face in a list.

    Attributes
    ----------
    previous, next
        The faces before and after it; None at either end.
    number
        How many come before it.
    total
        How many there are. A face that a correction has just moved out of the list isn't counted,
        and still has its place between them.
    """

    face: int
    previous: int | None
    next: int | None
    number: Counted
    total: Counted

    @property
    def just_before(self) -> int:
        """The id after which the page of the list begins that shows it first."""
        return self.face - 1

    @property
    def position(self) -> str:
        return "one" if self.number.is_more else f"{self.number.number + 1:,}"


def neighbours(faces: FaceList, face: int) -> Neighbours:
    """Find the faces before and after one in a list, and its place there."""
    previous, following = faces.before(face, 1), faces.after(face, 1)
    return Neighbours(
        face,
        previous[0] if previous else None,
        following[0] if following else None,
        faces.count_before(face),
        faces.count(),
    )
