"""Composable filters over faces and codings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value

from annotations.models.differences import contradicted_by
from annotations.models.lazy import model, rows
from annotations.models.unit_bits import scores, without_bits
from facsweb.problems import AppendOnly

if TYPE_CHECKING:
    from annotations.models import (  # noqa: F401 (named in quotes below)
        ActionUnitScore,
        Coder,
        Coding,
        Face,
        Queue,
        QueueItem,
        Review,
        Snapshot,
    )


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


_COUNTS = {
    "faces": Count("face", distinct=True),
    "subjects": Count("face__subject", distinct=True),
}


class CodingQuerySet(QuerySet["Coding"]):
    def showing(self, au: int) -> CodingQuerySet:
        """Keep codings that score `au` as present."""
        return self.filter(scores([au]))

    def accepted(self) -> CodingQuerySet:
        return self.filter(is_accepted=True)

    def of_each(self, coder: Coder | None) -> CodingQuerySet:
        """Keep what `coder` said, to be looked up by faces that are named besides.

        The sum keeps SQLite, which doesn't know how many readings a model has made, from going
        through all of them.
        """
        return self.alias(by=F("coder_id") + Value(0)).filter(by=coder.pk if coder else None)

    def current(self) -> CodingQuerySet:
        """Keep what each coder says of each face now: the latest coding that isn't withdrawn."""
        later = self.model.objects.filter(
            face=OuterRef("face"), coder=OuterRef("coder"), pk__gt=OuterRef("pk")
        )
        return self.filter(is_withdrawn=False).exclude(Exists(later.filter(is_withdrawn=False)))

    def open_proposals(self) -> CodingQuerySet:
        """Keep people's current codings that nobody has decided on and that say something new.

        They differ from the truth or from one another, or their face has no truth.
        """
        settled = rows("Review").filter(
            face=OuterRef("face"),
            decision__in=model("Review").SETTLING,
            undone_by=None,
            created_at__gt=OuterRef("created_at"),
        )
        undecided = self.current().by_people().filter(is_accepted=False).exclude(Exists(settled))
        truth = rows("Coding").accepted()
        people = rows("Coding").current().by_people()
        without_truth = ~Exists(truth.filter(face=OuterRef("face")))
        return undecided.filter(without_truth | contradicted_by(truth) | contradicted_by(people))

    def contested_faces(self) -> QuerySet[Coding, int]:
        """Return the ids of the faces of open proposals, each once and in ascending order.

        The database goes along the index of what people say that isn't the truth, so the first
        hundred cost no more where a million faces wait.
        """
        found = self.open_proposals().order_by("face").values_list("face", flat=True)
        return found.distinct()

    def by_people(self) -> CodingQuerySet:
        return self.filter(coder_kind="human")

    def predictions(self) -> CodingQuerySet:
        return self.filter(coder_kind="model")

    def faces_and_subjects(self) -> tuple[int, int]:
        """Count the coded faces and their subjects."""
        counts = self.aggregate(**_COUNTS)
        return counts["faces"], counts["subjects"]

    def count_emotions(self) -> dict[str, tuple[int, int]]:
        """Map each emotion to the numbers of faces that show it and their subjects."""
        rows = self.exclude(emotion="").order_by().values("emotion").annotate(**_COUNTS)
        return {row["emotion"]: (row["faces"], row["subjects"]) for row in rows}


#: `present` without the converter that SQLite's booleans cost each row: there it is 0 or 1.
_PRESENT = ExpressionWrapper(F("present"), output_field=models.Field())


class ActionUnitScoreQuerySet(QuerySet["ActionUnitScore"]):
    def as_rows(self) -> QuerySet[ActionUnitScore, tuple[Any, ...]]:
        """Return the scores as tuples, ordered by coding and action unit.

        Each is (coding, action unit, present as bool or 0 or 1, intensity, probability, side).
        For pages and exports of many codings: model instances would take ten times as long.
        """
        rows = self.order_by("coding_id", "au")
        return rows.values_list("coding_id", "au", _PRESENT, "intensity", "probability", "side")

    def as_presence(self) -> QuerySet[ActionUnitScore, tuple[Any, ...]]:
        """Return (coding, action unit, present as bool or 0 or 1), ordered by both."""
        return self.order_by("coding_id", "au").values_list("coding_id", "au", _PRESENT)


class ReviewQuerySet(models.QuerySet["Review"]):
    """Append-only reviews: bulk changes are refused, just as single ones are."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("Reviews are written once and never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("Reviews are never deleted.")


class QueueQuerySet(QuerySet["Queue"]):
    def open_to(self, user: User, stage: str) -> QueueQuerySet:
        """Keep open queues whose `stage` names `user`, or nobody."""
        named = rows("QueueMember").filter(queue=OuterRef("pk"), stage=stage)
        return self.filter(Exists(named.filter(user=user.pk)) | ~Exists(named), is_open=True)


class QueueItemQuerySet(QuerySet["QueueItem"]):
    def waiting(self, stage: str) -> QueueItemQuerySet:
        """Keep uncompleted items at `stage` that have room for one more person."""
        return self.filter(stage=stage, taken__lt=F("wanted")).exclude(state="completed")
