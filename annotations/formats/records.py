"""The content of an export as plain values: the seam between the database and the writers.

Texts are "" where there is nothing to say. Moments are ISO 8601, or "" in an anonymous export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """A subject by their code, such as S005, and their demographic tags."""

    code: str
    gender: str
    age_group: str
    ethnicity: str


@dataclass(frozen=True, slots=True)
class CoderRecord:
    """A coder, known by kind and name.

    Attributes
    ----------
    kind
        human, model or import.
    codes_blind
        The coder sees neither models nor other coders on a face before coding it.
    rest_is_absent
        The editor stores as absent whatever the coder doesn't touch.
    drawn_share
        Of the faces that a model learnt from, drawings of nobody; None where nobody knows.
    """

    kind: str
    name: str
    codes_blind: bool
    rest_is_absent: bool = False
    drawn_share: float | None = None


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A face, without its picture.

    Attributes
    ----------
    sha256
        Digest of the picture's file, in hexadecimal.
    subject
        The subject's code.
    frame
        Number within the sequence; None where the picture is of no sequence.
    width, height
        Pixels of the upright picture.
    colour_mode
        greyscale or rgb.
    extension
        png or jpg.
    uploaded_by
        User name.
    created_at
        Moment in ISO 8601; "" where it is not to be known.
    """

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
    #: A drawing of nobody, by the demo's generator.
    is_drawn: bool = False


@dataclass(frozen=True, slots=True)
class NeutralRecord:
    """The neutral frame of a sequence, without its picture; fields as in FaceRecord."""

    sha256: str
    subject: str
    sequence: str
    frame: int
    width: int
    height: int
    extension: str


@dataclass  # of the many there are, each would take twice as long were it frozen or had it slots
class ScoreRecord:
    """A coding's score of one action unit.

    Attributes
    ----------
    au
        The action unit's number.
    intensity
        A (trace) to E (maximum); "" where none was coded.
    probability
        That the unit is present, 0 to 1; None where nobody gave one.
    """

    au: int
    present: bool
    intensity: str
    probability: float | None
    #: L, R, T or B where the unit shows on that part of the face only.
    side: str = ""


@dataclass(frozen=True, slots=True)
class CodingRecord:
    """A coding of one face, with its scores.

    Attributes
    ----------
    number
        Counts the export's codings from 1.
    face
        The face's SHA-256.
    coder_kind, coder
        The coder's kind and name, as in CoderRecord.
    emotion, basic_emotion
        One of the three classes, and one of CK+'s emotions.
    emotion_probabilities
        Class -> probability of 0 to 1; None where there are none.
    split
        Of a model's coding: validation or test.
    quality
        Of a model's coding: a value of `facs.picture_quality.Quality`.
    based_on
        Number of the coding that this one goes back to.
    source
        File and line that an imported coding comes from.
    extra
        What else its source said: an import's unknown columns, a program's confidence.
    created_at
        Moment in ISO 8601.
    distance
        Of a model's coding: how far the face is from those that it learnt from, over its limit.
    sets
        Of a model's coding: what it can't exclude, as `facs.prediction_set` writes it.
    pose
        Of a model's coding: how the head is turned, as `facs.head_pose` writes it, in degrees.
    compared_with
        Of a model's coding: a value of `facs.reference_kind.ReferenceKind`; empty for nothing.
    """

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
    distance: float | None = None
    sets: Mapping[str, Any] | None = None
    pose: Mapping[str, float] | None = None
    compared_with: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A review of one face.

    Attributes
    ----------
    number
        Counts the export's reviews from 1.
    face
        The face's SHA-256.
    reviewer
        User name.
    reviewed, result, replaced
        Numbers of codings.
    undoes
        Number of the review that this one took back.
    origin
        The queue or bulk action in which it was decided, in words; "" outside of these.
    created_at
        Moment in ISO 8601.
    """

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
    """The moment at which a user was first shown what somebody else says of a face.

    Attributes
    ----------
    face
        The face's SHA-256.
    user
        User name.
    at
        Moment in ISO 8601.
    """

    face: str
    user: str
    at: str


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A face for the flat formats; `image` reads its file where pictures go along.

    Attributes
    ----------
    truth
        The accepted coding; None where there is none.
    """

    face: FaceRecord
    subject: SubjectRecord
    truth: CodingRecord | None
    image: Callable[[], bytes] | None = None
