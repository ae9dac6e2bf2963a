"""The database as plain records, read in chunks: a million codings take the memory of a few."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from annotations.exporters.records import (
    CoderRecord,
    CodingRecord,
    FaceRecord,
    NeutralRecord,
    ReviewRecord,
    ScoreRecord,
    SubjectRecord,
)
from annotations.models import (
    ActionUnitScore,
    Coder,
    Coding,
    Face,
    NeutralFrame,
    Review,
    Subject,
)

CHUNK = 1000
Row = TypeVar("Row", bound=Model)

_CODING = (
    "pk", "face__sha256", "coder_kind", "coder__name", "emotion", "basic_emotion",
    "emotion_probabilities", "split", "quality", "is_accepted", "is_blind", "is_withdrawn",
    "based_on_id", "source", "extra", "created_at",
)  # fmt: skip
_REVIEW = (
    "pk", "face__sha256", "reviewer__username", "decision", "reviewed_id", "result_id",
    "replaced_id", "undoes_id", "origin", "comment", "created_at",
)  # fmt: skip


class Numbers:
    """Rows numbered from 1 in the order of their ids: eight bytes a row, whatever the ids are."""

    def __init__(self, rows: QuerySet) -> None:
        self._ids = array("q", rows.order_by("pk").values_list("pk", flat=True).iterator())

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, pk: int | None) -> int | None:
        return None if pk is None else bisect_left(self._ids, pk) + 1


def subject_records() -> Iterator[SubjectRecord]:
    for row in Subject.objects.order_by("code").values_list(
        "code", "gender", "age_group", "ethnicity"
    ):
        yield SubjectRecord(*row)


def coder_records() -> Iterator[CoderRecord]:
    for row in Coder.objects.order_by("kind", "name").values_list("kind", "name", "codes_blind"):
        yield CoderRecord(*row)


def face_record(face: Face) -> FaceRecord:
    """Of a face with its subject and uploader selected."""
    return FaceRecord(
        sha256=face.sha256,
        subject=face.subject.code,
        sequence=face.sequence,
        frame=face.frame,
        width=face.width,
        height=face.height,
        colour_mode=face.colour_mode,
        extension=_extension(face.file.name),
        uploaded_by=face.uploaded_by.get_username() if face.uploaded_by else "",
        created_at=_text(face.created_at),
    )


def faces() -> Iterator[Face]:
    return in_chunks(Face.objects.select_related("subject", "uploaded_by"))


def neutral_frames() -> Iterator[NeutralFrame]:
    return in_chunks(NeutralFrame.objects.select_related("subject"))


def neutral_record(neutral: NeutralFrame) -> NeutralRecord:
    return NeutralRecord(
        sha256=neutral.sha256,
        subject=neutral.subject.code,
        sequence=neutral.sequence,
        frame=neutral.frame,
        width=neutral.width,
        height=neutral.height,
        extension=_extension(neutral.file.name),
    )


def coding_records(numbers: Numbers, codings: QuerySet | None = None) -> Iterator[CodingRecord]:
    """Codings with their scores, by id; `numbers` are those of every coding."""
    wanted = Coding.objects.order_by("pk") if codings is None else codings.order_by("pk")
    for rows in _value_chunks(wanted, _CODING):
        scores = _scores_of([row[0] for row in rows])
        for pk, face, kind, coder, *said, based_on, source, extra, created_at in rows:
            yield CodingRecord(
                numbers.of(pk),
                face,
                kind,
                coder,
                *said,
                numbers.of(based_on),
                source,
                extra,
                _text(created_at),
                tuple(scores.get(pk, ())),
            )


def review_records(codings: Numbers) -> Iterator[ReviewRecord]:
    numbers = Numbers(Review.objects.order_by("pk"))
    for rows in _value_chunks(Review.objects.order_by("pk"), _REVIEW):
        for pk, face, who, what, reviewed, result, replaced, undoes, origin, words, when in rows:
            yield ReviewRecord(
                number=numbers.of(pk),
                face=face,
                reviewer=who,
                decision=what,
                reviewed=codings.of(reviewed),
                result=codings.of(result),
                replaced=codings.of(replaced),
                undoes=numbers.of(undoes),
                origin=origin,
                comment=words,
                created_at=_text(when),
            )


def in_chunks(rows: QuerySet[Row]) -> Iterator[Row]:
    """By id, each chunk a query of its own: no cursor is held open while files are written."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from chunk
        last = chunk[-1].pk


def _value_chunks(rows: QuerySet, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    last = 0
    while chunk := list(rows.filter(pk__gt=last).values_list(*columns)[:CHUNK]):
        yield chunk
        last = chunk[-1][0]


def _scores_of(codings: list[int]) -> dict[int, list[ScoreRecord]]:
    found: dict[int, list[ScoreRecord]] = {}
    scores = ActionUnitScore.objects.filter(coding__in=codings)
    for coding, au, present, intensity, probability in scores.as_rows():
        score = ScoreRecord(au, bool(present), intensity, probability)
        found.setdefault(coding, []).append(score)
    return found


def _extension(name: str) -> str:
    return name.rpartition(".")[2]


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="microseconds")
