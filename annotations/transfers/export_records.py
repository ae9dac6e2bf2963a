"""The database as plain records, read in chunks: a million codings take the memory of a few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

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
from annotations.models import (
    ActionUnitScore,
    Coder,
    Coding,
    Face,
    NeutralFrame,
    Review,
    Subject,
)
from annotations.transfers.export_order import Numbers, Order

_CODING = (
    "pk", "face__sha256", "coder_kind", "coder__name", "emotion", "basic_emotion",
    "emotion_probabilities", "split", "quality", "is_accepted", "is_blind", "is_withdrawn",
    "based_on_id", "source", "extra", "created_at", "is_independent", "distance", "sets", "pose",
    "compared_with",
)  # fmt: skip
_REVIEW = (
    "pk", "face__sha256", "reviewer__username", "decision", "reviewed_id", "result_id",
    "replaced_id", "undoes_id", "origin", "comment", "created_at",
)  # fmt: skip


def subject_records() -> Iterator[SubjectRecord]:
    subjects = Subject.objects.exclude(pk__in=subjects_left_out(Scope.EXPORT)).order_by("code")
    for row in subjects.values_list("code", "gender", "age_group", "ethnicity"):
        yield SubjectRecord(*row)


def coder_records() -> Iterator[CoderRecord]:
    for row in Coder.objects.order_by("kind", "name").values_list(
        "kind", "name", "codes_blind", "rest_is_absent", "drawn_share"
    ):
        yield CoderRecord(*row)


def face_record(face: Face) -> FaceRecord:
    """Return the record of a face that has its subject and uploader selected."""
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
        source_name=face.source_name,
        is_drawn=face.is_drawn,
    )


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


def coding_records(order: Order, numbers: Numbers) -> Iterator[CodingRecord]:
    """Yield every coding with its scores, face by face; `numbers` are those of every coding."""
    for rows in order.rows(Coding.objects.all(), _CODING):
        yield from _codings(rows, numbers)


def codings_of(
    faces: Iterable[Face], numbers: Numbers, codings: QuerySet[Coding]
) -> Iterator[CodingRecord]:
    """Yield the records of those of `codings` that are of some faces."""
    rows = codings.filter(face__in=list(faces)).order_by("pk").values_list(*_CODING)
    return _codings(list(rows), numbers)


def _codings(rows: list[tuple[Any, ...]], numbers: Numbers) -> Iterator[CodingRecord]:
    scores = _scores_of([row[0] for row in rows])
    for pk, *said, based_on, source, extra, created_at, own, far, sets, pose, beside in rows:
        number = numbers.of(pk)
        if number is not None:
            origin = (numbers.of(based_on), source, extra, _text(created_at))
            units = tuple(scores.get(pk, ()))
            yield CodingRecord(*(number, *said, *origin, units, own, far, sets, pose, beside))


def review_records(order: Order, codings: Numbers) -> Iterator[ReviewRecord]:
    numbers = Numbers(order, Review.objects.all())
    for rows in order.rows(Review.objects.all(), _REVIEW):
        for pk, face, who, what, reviewed, result, replaced, undoes, origin, words, when in rows:
            number = numbers.of(pk)
            if number is not None:
                yield ReviewRecord(
                    number=number,
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


def _scores_of(codings: list[int]) -> dict[int, list[ScoreRecord]]:
    found: dict[int, list[ScoreRecord]] = {}
    scores = ActionUnitScore.objects.filter(coding__in=codings)
    for coding, au, present, *said in scores.as_rows():
        score = ScoreRecord(au, bool(present), *said)
        found.setdefault(coding, []).append(score)
    return found


def _extension(name: str) -> str:
    return name.rpartition(".")[2]


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="microseconds")
