"""The database as plain records, read in chunks: a million codings take the memory of a few."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from annotations.consent import Scope, subjects_left_out
from annotations.formats.records import (
    CoderRecord,
    CodingRecord,
    FaceRecord,
    NeutralRecord,
    ReviewRecord,
    ScoreRecord,
    SubjectRecord,
)
from annotations.models import ActionUnitScore, Coder, Coding, Review, Subject
from annotations.transfers.export_order import Numbers, Order

_FACE = (
    "pk", "file", "sha256", "subject__code", "sequence", "frame", "width", "height",
    "colour_mode", "uploaded_by__username", "created_at", "source_name", "is_drawn",
)  # fmt: skip
_NEUTRAL = ("pk", "file", "sha256", "subject__code", "sequence", "frame", "width", "height")
_CODING = (
    "pk", "face__sha256", "coder_kind", "coder__name", "emotion", "basic_emotion",
    "emotion_probabilities", "split", "quality", "is_accepted", "is_blind", "is_withdrawn",
    "based_on_id", "source", "extra", "created_at", "is_independent", "distance", "sets", "pose",
    "compared_with",
)  # fmt: skip
_BASED_ON = _CODING.index("based_on_id")
_REVIEW = (
    "pk", "face__sha256", "reviewer__username", "decision", "reviewed_id", "result_id",
    "replaced_id", "undoes_id", "origin", "comment", "created_at",
)  # fmt: skip


class FaceRow(NamedTuple):
    """A face that leaves: its id, its picture's name in the storage, and its record."""

    pk: int
    file: str
    record: FaceRecord


class NeutralRow(NamedTuple):
    """A neutral frame that leaves."""

    pk: int
    file: str
    record: NeutralRecord


def subject_records() -> Iterator[SubjectRecord]:
    subjects = Subject.objects.exclude(pk__in=subjects_left_out(Scope.EXPORT)).order_by("code")
    for row in subjects.values_list("code", "gender", "age_group", "ethnicity"):
        yield SubjectRecord(*row)


def coder_records() -> Iterator[CoderRecord]:
    for row in Coder.objects.order_by("kind", "name").values_list(
        "kind", "name", "codes_blind", "rest_is_absent", "drawn_share"
    ):
        yield CoderRecord(*row)


def face_rows(order: Order) -> Iterator[list[FaceRow]]:
    """Yield the faces in chunks: rows of values, as instances would take three times as long."""
    for rows in order.faces(_FACE):
        yield [
            FaceRow(
                pk,
                file,
                FaceRecord(
                    sha256=sha256,
                    subject=subject,
                    sequence=sequence,
                    frame=frame,
                    width=width,
                    height=height,
                    colour_mode=colours,
                    extension=_extension(file),
                    uploaded_by=uploader or "",
                    created_at=_text(created_at),
                    source_name=source,
                    is_drawn=is_drawn,
                ),
            )
            for pk, file, sha256, subject, sequence, frame, width, height, colours, uploader,
            created_at, source, is_drawn in rows
        ]  # fmt: skip


def neutral_rows(order: Order) -> Iterator[NeutralRow]:
    for rows in order.neutral_frames(_NEUTRAL):
        for pk, file, *told in rows:
            yield NeutralRow(pk, file, NeutralRecord(*(*told, _extension(file))))


def coding_records(
    order: Order, numbers: Numbers, codings: QuerySet[Coding]
) -> Iterator[list[CodingRecord]]:
    """Yield `codings` with their scores, face by face; `numbers` are those of every coding."""
    for rows in order.rows(codings, _CODING):
        yield _codings(rows, numbers)


def _codings(rows: list[tuple[Any, ...]], numbers: Numbers) -> list[CodingRecord]:
    pks = [row[0] for row in rows]
    scores, own_numbers = _scores_of(pks), numbers.of_each(pks)
    bases = numbers.of_each([row[_BASED_ON] for row in rows])
    records = []
    for row, number, base in zip(rows, own_numbers, bases, strict=True):
        if number is not None:  # else it came while the export was under way
            pk, *said, _, source, extra, created_at, own, far, sets, pose, beside = row
            origin = (base, source, extra, _text(created_at))
            units = tuple(scores.get(pk, ()))
            records.append(
                CodingRecord(*(number, *said, *origin, units, own, far, sets, pose, beside))
            )
    return records


def review_records(order: Order, codings: Numbers) -> Iterator[list[ReviewRecord]]:
    numbers = Numbers(order, Review.objects.all())
    for rows in order.rows(Review.objects.all(), _REVIEW):
        pks, faces, reviewers, decisions, *named, undoes, origins, comments, moments = (
            [row[place] for row in rows] for place in range(len(_REVIEW))
        )
        columns = (
            numbers.of_each(pks), faces, reviewers, decisions, *map(codings.of_each, named),
            numbers.of_each(undoes), origins, comments, map(_text, moments),
        )  # fmt: skip
        found = (ReviewRecord(*row) for row in zip(*columns, strict=True))
        yield [record for record in found if record.number is not None]


def _scores_of(codings: list[int]) -> dict[int, list[ScoreRecord]]:
    """Return the scores of codings. Those without a probability that are equal are one object."""
    found: dict[int, list[ScoreRecord]] = {}
    known: dict[tuple[Any, ...], ScoreRecord] = {}
    rows = ActionUnitScore.objects.filter(coding__in=codings).as_rows()
    for coding, of_coding in groupby(rows, itemgetter(0)):
        found[coding] = mine = []
        for _, au, present, intensity, probability, side in of_coding:
            said = (au, present, intensity, side)
            score = known.get(said) if probability is None else None
            if score is None:
                score = ScoreRecord(au, bool(present), intensity, probability, side)
                if probability is None:
                    known[said] = score
            mine.append(score)
    return found


def _extension(name: str) -> str:
    return name.rpartition(".")[2]


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="microseconds")
