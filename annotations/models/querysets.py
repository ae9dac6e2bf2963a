"""Composable filters over codings, their scores, reviews and queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Count, Exists, ExpressionWrapper, F, OuterRef, QuerySet, Value

from annotations.models.differences import contradicted_by
from annotations.models.lazy import model, rows
from annotations.models.unit_bits import scores
from facsweb.problems import AppendOnly

if TYPE_CHECKING:
    from annotations.models import (  # noqa: F401 (named in quotes below)
        ActionUnitScore,
        Coder,
        Coding,
        Queue,
        QueueItem,
        Review,
    )


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
