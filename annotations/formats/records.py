"""What an export says, as plain values: the seam between the database and the writers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    code: str
    gender: str
    age_group: str
    ethnicity: str


@dataclass(frozen=True, slots=True)
class CoderRecord:
    """`kind` is human, model or import."""

    kind: str
    name: str
    codes_blind: bool
    rest_is_absent: bool = False


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """Width and height in pixels, upright; `created_at` is ISO 8601, or "" where it is not told."""

    sha256: str
    subject: str
    sequence: str
    frame: int | None
    width: int
    height: int
    colour_mode: str
    extension: str
    uploaded_by: str
    created_at: str
    #: The file name under which the picture came in.
    source_name: str = ""


@dataclass(frozen=True, slots=True)
class NeutralRecord:
    sha256: str
    subject: str
    sequence: str
    frame: int
    width: int
    height: int
    extension: str


@dataclass(slots=True)  # not frozen: of the many there are, each would take twice as long
class ScoreRecord:
    au: int
    present: bool
    intensity: str
    probability: float | None
    #: L, R, T or B where the unit shows on that part of the face only.
    side: str = ""


@dataclass(frozen=True, slots=True)
class CodingRecord:
    """`number` and `based_on` count the export's codings from 1; `face` is the face's sha256."""

    number: int
    face: str
    coder_kind: str
    coder: str
    emotion: str
    basic_emotion: str
    emotion_probabilities: Mapping[str, float] | None
    split: str
    quality: str
    is_accepted: bool
    is_blind: bool
    is_withdrawn: bool
    based_on: int | None
    source: str
    extra: Mapping[str, Any]
    created_at: str
    scores: tuple[ScoreRecord, ...]
    #: False: a decision about the truth, which takes over what others said.
    is_independent: bool = True


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """`reviewed`, `result` and `replaced` are numbers of codings, `undoes` of a review."""

    number: int
    face: str
    reviewer: str
    decision: str
    reviewed: int | None
    result: int | None
    replaced: int | None
    undoes: int | None
    origin: str
    comment: str
    created_at: str


@dataclass(frozen=True, slots=True)
class LookRecord:
    """When a user was first shown what somebody else says of a face."""

    face: str
    user: str
    at: str


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A face for the flat formats; `image` reads its file where pictures go along."""

    face: FaceRecord
    subject: SubjectRecord
    truth: CodingRecord | None
    prediction: CodingRecord | None
    image: Callable[[], bytes] | None = None
