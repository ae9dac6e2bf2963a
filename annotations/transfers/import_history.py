"""Codings and reviews of an export, added in bulk with their dates and what they point at.

A coding that is here already, by face, coder and time, is not added again: so an import that broke
off, or is repeated, goes on where it stopped.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from annotations.codings.facts import write_facts
from annotations.codings.reading import Reading, Score, reading_of
from annotations.formats.records import CodingRecord, ReviewRecord
from annotations.formats.rows import RowError
from annotations.models import ActionUnitScore, Coder, Coding, Face, Review
from annotations.problems import InvalidCoding
from annotations.transfers.existing_rows import user_named, when
from annotations.transfers.models import Import
from annotations.transfers.report import Report
from facsweb.audit.services import record as record_act
from facsweb.problems import Problem

Lines = Sequence[tuple[int, Any]]


class _Ids:
    """Number in the export -> id here; eight bytes each, as numbers run from 1."""

    def __init__(self) -> None:
        self._ids = array("q")

    def put(self, number: int, pk: int) -> None:
        if number > len(self._ids) + 1_000_000:
            raise InvalidCoding(f"Number {number} is out of order.")
        while len(self._ids) < number:
            self._ids.append(0)
        self._ids[number - 1] = pk

    def of(self, number: int | None) -> int | None:
        """Return a numbered row's id. Raises InvalidCoding if it was refused or comes later."""
        if number is None:
            return None
        pk = self._ids[number - 1] if number <= len(self._ids) else 0
        if not pk:
            raise InvalidCoding(f"It points at row {number}, which isn't there.")
        return pk


class HistoryWriter:
    """A writer of what others said, in their names: each row names the import for ever."""

    def __init__(
        self,
        report: Report,
        refuse: Callable[[RowError], None],
        aliases: Mapping[str, int],
        run: Import,
    ) -> None:
        """Prepare to add an export's history by an import, `run`.

        `aliases` leads from digests in the export to the faces that are here under another.
        """
        self._report, self._refuse, self._aliases = report, refuse, aliases
        self._run = run
        self._codings, self._reviews = _Ids(), _Ids()
        self._coders = {
            (kind, name): pk for pk, kind, name in Coder.objects.values_list("pk", "kind", "name")
        }
        self._users = dict(get_user_model().objects.values_list("username", "pk"))

    def add_codings(self, lines: Lines) -> None:
        """Add all of `lines` in one transaction; refuse those that can't be added."""
        with transaction.atomic():
            faces = faces_named({record.face for _, record in lines}, self._aliases)
            known = self._known_codings(faces.values())
            truths = set(
                Coding.objects.accepted()
                .filter(face__in=faces.values())
                .values_list("face_id", flat=True)
            )
            before = self._report.counts.get("codings_created", 0)
            new: list[tuple[CodingRecord, Coding]] = []
            # What points at a coding of the same chunk must find its id: those go in two steps.
            for line, record in lines:
                try:
                    if record.based_on is not None and any(
                        record.based_on == other.number for other, _ in new
                    ):
                        self._create(new)
                        new = []
                    coding = self._coding(record, faces, known, truths)
                except Problem as error:
                    self._refuse(RowError("codings.jsonl", line, "row", error.detail))
                    continue
                if coding is not None:
                    new.append((record, coding))
            self._create(new)
            self._record("codings", before)

    def add_reviews(self, lines: Lines) -> None:
        with transaction.atomic():
            faces = faces_named({record.face for _, record in lines}, self._aliases)
            known: dict[tuple[Any, ...], int] = {
                key: pk
                for pk, *key_values in Review.objects.filter(face__in=faces.values()).values_list(
                    "pk", "face_id", "reviewer_id", "decision", "created_at"
                )
                for key in [tuple(key_values)]
            }
            before = self._report.counts.get("reviews_created", 0)
            for line, record in lines:
                try:
                    self._review(record, faces, known)
                except Problem as error:
                    self._refuse(RowError("reviews.jsonl", line, "row", error.detail))
            self._record("reviews", before)

    def _record(self, what: str, before: int) -> None:
        """Record how many rows this transaction adds; in whose names, each row itself says."""
        added = self._report.counts.get(f"{what}_created", 0) - before
        if added:
            by = self._run.requested_by
            record_act("import.history_brought", by, self._run, {what: added})

    def _known_codings(self, faces: Iterable[int]) -> dict[tuple[Any, ...], Coding]:
        known: dict[tuple[Any, ...], Coding] = {}
        here = Coding.objects.filter(face__in=list(faces)).prefetch_related("scores")
        for coding in here:
            known[coding.face_id, coding.coder_id, coding.created_at] = coding
            # An anonymous export tells no dates: there the reading itself must do.
            known.setdefault((coding.face_id, coding.coder_id, None), coding)
        return known

    def _coding(
        self,
        record: CodingRecord,
        faces: dict[str, int],
        known: dict[tuple[Any, ...], Coding],
        truths: set[int],
    ) -> Coding | None:
        """Return the new coding, unsaved; None where it is here already."""
        face, coder = _id(faces, record.face), self._coder(record)
        moment = when(record.created_at) if record.created_at else None
        _check_coding(record)
        reading = _reading(record)
        earlier = known.get((face, coder, moment))
        if earlier is not None and (moment is not None or reading_of(earlier) == reading):
            self._codings.put(record.number, earlier.pk)
            self._report.add("unchanged")
            return None
        if record.coder_kind == Coder.Kind.MODEL and (face, coder, None) in known:
            raise InvalidCoding(f"“{record.coder}” has said otherwise of this face here.")
        accepted = record.is_accepted and face not in truths
        if accepted:
            truths.add(face)
        coding = self._new(record, face, coder, is_accepted=accepted)
        _check_fields(coding)
        if moment is not None or record.coder_kind == Coder.Kind.MODEL:
            known[face, coder, moment] = coding
            known.setdefault((face, coder, None), coding)
        return coding

    def _new(self, record: CodingRecord, face: int, coder: int, *, is_accepted: bool) -> Coding:
        return Coding(
            face_id=face,
            coder_id=coder,
            coder_kind=record.coder_kind,
            emotion=record.emotion,
            basic_emotion=record.basic_emotion,
            emotion_probabilities=record.emotion_probabilities,
            confidence=(record.emotion_probabilities or {}).get(record.emotion),
            **_reading(record).unit_columns(),
            split=record.split,
            quality=record.quality,
            distance=record.distance,
            sets=dict(record.sets) if record.sets else None,
            pose=dict(record.pose) if record.pose else None,
            compared_with=record.compared_with,
            is_accepted=is_accepted,
            is_blind=record.is_blind,
            is_withdrawn=record.is_withdrawn,
            is_independent=record.is_independent,
            brought_by=self._run.pk,
            based_on_id=self._codings.of(record.based_on),
            source=record.source,
            extra=dict(record.extra),
            created_at=when(record.created_at) if record.created_at else timezone.now(),
        )

    def _create(self, new: list[tuple[CodingRecord, Coding]]) -> None:
        Coding.objects.bulk_create(coding for _, coding in new)
        scores = []
        for record, coding in new:
            self._codings.put(record.number, coding.pk)
            scores += [
                ActionUnitScore(
                    coding=coding,
                    au=score.au,
                    present=score.present,
                    intensity=score.intensity,
                    probability=score.probability,
                    side=score.side,
                )
                for score in record.scores
            ]
        ActionUnitScore.objects.bulk_create(scores, batch_size=2000)
        write_facts(sorted({coding.face_id for _, coding in new}))
        self._report.add("codings_created", len(new))

    def _review(
        self, record: ReviewRecord, faces: dict[str, int], known: dict[tuple[Any, ...], int]
    ) -> None:
        face = _id(faces, record.face)
        reviewer = self._user(record.reviewer)
        moment = when(record.created_at) if record.created_at else None
        earlier = known.get((face, reviewer, record.decision, moment))
        if earlier is not None:
            self._reviews.put(record.number, earlier)
            self._report.add("unchanged")
            return
        review = Review(
            face_id=face,
            reviewer_id=reviewer,
            decision=record.decision,
            reviewed_id=self._codings.of(record.reviewed),
            result_id=self._codings.of(record.result),
            replaced_id=self._codings.of(record.replaced),
            undoes_id=self._reviews.of(record.undoes),
            origin=record.origin,
            comment=record.comment,
            brought_by=self._run.pk,
            created_at=moment or timezone.now(),
        )
        _check_fields(review)
        review.save()
        self._reviews.put(record.number, review.pk)
        self._report.add("reviews_created")

    def _coder(self, record: CodingRecord) -> int:
        pk = self._coders.get((record.coder_kind, record.coder))
        if pk is None:
            raise InvalidCoding(f"There is no coder {record.coder[:80]!r} in the export.")
        return pk

    def _user(self, name: str) -> int:
        if name not in self._users:
            self._users[name] = user_named(name).pk
        return self._users[name]


def faces_named(digests: set[str], aliases: Mapping[str, int]) -> dict[str, int]:
    """Return the ids of the faces that an export names by these digests, by digest."""
    known = Face.objects.filter(sha256__in=digests).values_list("sha256", "pk")
    return {digest: aliases[digest] for digest in digests & aliases.keys()} | dict(known)


def _id(faces: dict[str, int], digest: str) -> int:
    if digest not in faces:
        raise InvalidCoding("The face that this is about was refused, or isn't in the export.")
    return faces[digest]


def _reading(record: CodingRecord) -> Reading:
    """Return the reading of a record. Raises InvalidCoding where FACS has no such score."""
    return Reading(
        emotion=record.emotion,
        basic_emotion=record.basic_emotion,
        emotion_probabilities=record.emotion_probabilities,
        scores={
            score.au: Score(score.present, score.intensity, score.probability, score.side)
            for score in record.scores
        },
    )


def _check_coding(record: CodingRecord) -> None:
    """Raise InvalidCoding, in words, for what the database would refuse.

    Else a whole chunk would fail because of it.
    """
    by_model = record.coder_kind == Coder.Kind.MODEL
    told = (record.emotion_probabilities, record.distance, record.sets, record.pose)
    judged = record.quality or record.compared_with or any(each is not None for each in told)
    if judged and not by_model:
        raise InvalidCoding(
            "Only models give probabilities and sets, and judge pictures, poses and distances."
        )
    if record.is_accepted and (by_model or record.is_withdrawn):
        raise InvalidCoding("A prediction, or what was withdrawn, is never the ground truth.")
    if record.is_blind and record.coder_kind != Coder.Kind.HUMAN:
        raise InvalidCoding("Only people code blind.")
    if not record.is_independent and (record.coder_kind != Coder.Kind.HUMAN or record.is_blind):
        raise InvalidCoding("Only a person who sees others' readings takes them over.")


def _check_fields(row: models.Model) -> None:
    """Check lengths and choices. Raises InvalidCoding."""
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields if field.is_relation})
    except ValidationError as error:
        raise InvalidCoding(" ".join(error.messages)) from None
