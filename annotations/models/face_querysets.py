"""Composable filters over faces."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from annotations.models.lazy import rows
from annotations.models.unit_bits import scores, without_bits

if TYPE_CHECKING:
    from annotations.models import Coder, Face, Snapshot  # noqa: F401 (named in quotes)


#: Scores, or codings, that are read before the faces are looked through instead.
_FEW = 2000


class FaceQuerySet(QuerySet["Face"]):
    def with_truth(
        self,
        snapshot: Snapshot | None = None,
        *,
        emotion: str = "",
        present: Iterable[int] = (),
        absent: Iterable[int] = (),
    ) -> FaceQuerySet:
        """Keep faces whose ground truth, today's or that of `snapshot`, says so.

        Parameters
        ----------
        emotion
            Its emotion; "" for any.
        present, absent
            Action units that it scores so.
        """
        if snapshot is None:
            truth, way = _of_face("Coding", is_accepted=True), ""
        elif emotion and not (present or absent):
            # A face is in a snapshot once. The database knows how many have an emotion, so it finds
            # the best way through this join; how many have a bit it doesn't know.
            return self.filter(memberships__snapshot=snapshot, memberships__coding__emotion=emotion)
        else:
            truth, way = _of_face("SnapshotFace", snapshot=snapshot), "coding__"
        if emotion:
            truth = truth.filter(**{f"{way}emotion": emotion})
        return self.filter(Exists(truth.filter(scores(present, absent, of=way))))

    def of_group(
        self, dimension: str, tag: str, snapshot: Snapshot | None = None, *, each: bool = False
    ) -> FaceQuerySet:
        """Keep faces of subjects who have, or had then, that tag of a demographic dimension.

        Dimensions are "gender", "age_group" and "ethnicity"; the tag "" means not recorded.
        `each`: look at each face's subject, rather than to begin with the subjects.
        """
        if snapshot is None and each:
            own = rows("Subject").filter(pk=OuterRef("subject"), **{dimension: tag})
            return self.filter(Exists(own))
        if snapshot is None:
            return self.filter(**{f"subject__{dimension}": tag})
        people = rows("SnapshotSubject").filter(snapshot=snapshot, **{dimension: tag})
        return self.filter(subject__in=people.values("subject"))

    def unlabelled(self) -> FaceQuerySet:
        return self.filter(is_labelled=False)

    def flagged(self) -> FaceQuerySet:
        return self.filter(Exists(_of_face("Flag", resolved_at=None)))

    def contested(self) -> FaceQuerySet:
        """Keep faces with a proposal that nobody has decided on, and that says something new.

        To list them from the first on, `CodingQuerySet.contested_faces` looks at fewer rows.
        """
        return self.filter(Exists(rows("Coding").open_proposals().filter(face=OuterRef("pk"))))

    def coded_by(self, coder: Coder) -> FaceQuerySet:
        return self.filter(Exists(_of_face("Coding", coder=coder)))

    def coded_by_name(self, name: str) -> FaceQuerySet:
        return self.filter(Exists(_of_face("Coding", coder__name=name)))

    def uploaded_between(self, start: datetime | None, end: datetime | None, *, each: bool) -> Self:
        """Keep faces uploaded at or after `start` and at or before `end`; None: whenever.

        `each`: the database is to ask each face in turn, in the order of faces, rather than to
        collect by the index of times all that a list may show a page of.
        """
        time = "created_at"
        if each:  # what is worked out has no index
            time, self = "uploaded", self.alias(uploaded=Coalesce("created_at", "created_at"))
        bounds = {f"{time}__gte": start, f"{time}__lte": end}
        return self.filter(**{name: bound for name, bound in bounds.items() if bound})

    def updated_since(self, when: datetime) -> FaceQuerySet:
        """Keep faces uploaded, coded or reviewed at or after `when`."""
        coded = rows("Coding").filter(created_at__gte=when).values("face")
        reviewed = rows("Review").filter(created_at__gte=when).values("face")
        return self.filter(Q(created_at__gte=when) | Q(pk__in=coded) | Q(pk__in=reviewed))

    def read_by(
        self,
        coder: Coder,
        *,
        present: Collection[int] = (),
        absent: Collection[int] = (),
        each: bool = False,
        **wanted: str,
    ) -> FaceQuerySet:
        """Keep faces of which `coder`, a model, has made a coding so; it reads a face only once.

        Parameters
        ----------
        present, absent
            Action units that it scores so.
        each
            Whether to look at each face's reading, rather than to begin with the model's readings:
            better where another condition leaves few faces, or where only the first are read.
        wanted
            Other columns of that coding: `emotion`, `split`, `quality`.
        """
        if each or without_bits([*present, *absent]):
            said = _read(coder).filter(scores(present, absent), **wanted)
            return self.filter(Exists(said))
        own = {f"codings__{name}": value for name, value in wanted.items()}
        return self.filter(scores(present, absent, of="codings__"), codings__coder=coder, **own)

    def with_unit_probability(
        self, coder: Coder, au: int, least: float, below: float
    ) -> FaceQuerySet:
        """Keep faces by how likely `coder` (a model) finds an action unit on them.

        It asks the database at once whether these are few: few are found from the scores, by an
        index, and many from the faces, of which a page is full soon.
        """
        likely = rows("ActionUnitScore").filter(
            au=au, probability__gte=least, probability__lt=below, coding__coder=coder
        )
        if likely.order_by()[_FEW : _FEW + 1].exists():
            return self.filter(Exists(likely.filter(coding__face=OuterRef("pk"))))
        return self.filter(pk__in=likely.values("coding__face"))

    def with_confidence(self, coder: Coder, **bounds: float) -> FaceQuerySet:
        """Keep faces by how sure `coder` (a model) is of its emotion, annotated as `confidence`."""
        joined = self.filter(codings__coder=coder, codings__confidence__isnull=False)
        return joined.annotate(confidence=F("codings__confidence")).filter(**bounds)

    def surely_read(self, coder: Coder, **bounds: float) -> FaceQuerySet:
        """Keep faces by how sure `coder` (a model) is of its emotion, each face in turn.

        The sum keeps SQLite from going through all readings that are so sure, as in `_read`.
        """
        read = _read(coder).annotate(sureness=F("confidence") + Value(0.0))
        asked = {name.replace("confidence", "sureness"): at for name, at in bounds.items()}
        return self.filter(Exists(read.filter(**asked)))

    def without_confidence(self) -> FaceQuerySet:
        """Annotate faces with no `confidence`, for orders by it where there is no model."""
        return self.annotate(confidence=Value(None, output_field=models.FloatField()))

    def unlike(self, coder: Coder, *, limit: float) -> FaceQuerySet:
        """Keep faces that lie farther than `limit` from those that `coder` (a model) learnt from.

        As with probabilities, few are found by an index, and many from the faces.
        """
        found = rows("Coding").filter(coder=coder, distance__gt=limit)
        if found.order_by()[_FEW : _FEW + 1].exists():
            return self.filter(Exists(_read(coder).filter(distance__gt=limit)))
        return self.filter(pk__in=found.values("face"))

    def disagreeing(self, coder: Coder) -> FaceQuerySet:
        """Keep faces whose truth and reading by `coder`, a model, differ.

        How codings/comparison.py defines it, as a fact of the reading's row.
        """
        return self.filter(Exists(_of_face("Coding", coder=coder, differs=True)))

    def agreeing(self, coder: Coder) -> FaceQuerySet:
        return self.filter(Exists(_of_face("Coding", coder=coder, differs=False)))


def _of_face(name: str, **wanted: object) -> QuerySet[Any]:
    """Return the rows of a model that are about the face of the outer query."""
    found: QuerySet[Any] = rows(name).filter(face=OuterRef("pk"), **wanted)
    return found


def _read(coder: Coder) -> QuerySet[Any]:
    """Return the readings by `coder` of the face of the outer query."""
    read: QuerySet[Any] = rows("Coding").of_each(coder).filter(face=OuterRef("pk"))
    return read
