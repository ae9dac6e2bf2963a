"""What a program says of faces that are there: labels of its user, readings of another model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.exceptions import AnnotationError, InvalidCoding, NotAllowed
from annotations.models import Assignment, Coder, Coding, Face, Review
from annotations.permissions import may_decide
from annotations.reviewing import review_face
from annotations.services import Reading, Score, add_coding, lock_face, reading_of


class DifferentPrediction(AnnotationError):
    code = "different_prediction"
    status = 409


@dataclass(frozen=True)
class Label:
    """`emotion` None keeps the emotion of the truth, as an unnamed action unit is kept."""

    emotion: str | None
    scores: Mapping[int, Score]
    #: Id of the ground truth that its author saw.
    seen: int | None
    comment: str = ""

    def reading(self, former: Reading) -> Reading | None:
        if self.emotion is None and not self.scores:
            return None
        kept = {
            au: _with_intensity(score, former.scores.get(au)) for au, score in self.scores.items()
        }
        return Reading(former.emotion if self.emotion is None else self.emotion, kept)


def label_of(values: Mapping[str, Any]) -> Label:
    """A label as a request gives it, once that is checked."""
    return Label(
        emotion=values.get("emotion"),
        scores=values.get("action_units", {}),
        seen=values["seen"],
        comment=values["comment"],
    )


def label_face(
    face: Face,
    user,
    label: Label,
    *,
    assignment: Assignment | None = None,
    request_id: UUID | None = None,
) -> tuple[Coding, bool]:
    """Correct the truth, or propose a coding: (coding, whether it is new).

    What the user's own latest coding says already is not written again, as long as it stands where
    the label would put it. Raises NotAllowed, InvalidCoding, StaleCoding.
    """
    reading = label.reading(_reading_seen(face, user, label.seen))
    own = _own_coding(face, user)
    if reading is not None and own is not None and assignment is None and _says(own, reading):
        return own, False
    review = review_face(
        face,
        user,
        Review.Decision.CORRECT,
        seen=label.seen,  # `review_face` refuses when this isn't the truth any more
        reading=reading,
        comment=label.comment,
        origin="API",
        assignment=assignment,
        request_id=request_id,
    )
    return review.result, True


def _reading_seen(face: Face, user, seen: int | None) -> Reading:
    if seen is None:
        return Reading()
    codings = Coding.objects.visible_to(user).filter(face=face, pk=seen)
    truth = codings.prefetch_related("scores").first()
    return reading_of(truth) if truth is not None else Reading()


def _own_coding(face: Face, user) -> Coding | None:
    """What `user` says of the face now, if that is where a label of theirs would go."""
    standing = Coding.objects.current().filter(face=face, coder__user=user)
    coding = standing.prefetch_related("scores").first()
    if coding is None or coding.is_accepted or not may_decide(user):
        return coding
    return None


def _says(coding: Coding, reading: Reading) -> bool:
    said = reading_of(coding)
    same = all(said.scores.get(au) == score for au, score in reading.scores.items())
    return same and said.emotion == reading.emotion


def _with_intensity(score: Score, former: Score | None) -> Score:
    """ "Present" alone leaves the intensity as it was."""
    if former and score.present and former.present and not score.intensity:
        return Score(True, former.intensity)
    return score


def outside_model(name: str, user) -> Coder:
    """The coder of a model that isn't ours, by its name and version.

    Raises NotAllowed, and InvalidCoding where one of our own versions has that name.
    """
    if not may_decide(user):
        raise NotAllowed("Only reviewers and admins bring in another model's predictions.")
    return model_named(name)


def model_named(name: str) -> Coder:
    """The coder of that name, which no model of ours has. Raises InvalidCoding."""
    known = find_model(name)
    return known or Coder.objects.get_or_create(kind=Coder.Kind.MODEL, name=name.strip())[0]


def find_model(name: str) -> Coder | None:
    """As `model_named`, but None where there is no such coder yet. Raises InvalidCoding."""
    name = name.strip()
    if not name:
        message = "Name the model and its version, such as “OpenFace 2.2.0”."
        raise InvalidCoding(message, {"model": [message]})
    coder = Coder.objects.filter(kind=Coder.Kind.MODEL, name=name).first()
    if coder is not None and hasattr(coder, "model_version"):
        message = "A model that was trained here has this name: ask it by an inference run."
        raise InvalidCoding(message, {"model": [message]})
    return coder


def record_prediction(
    face: Face,
    coder: Coder,
    reading: Reading,
    source: str,
    *,
    extra: Mapping[str, Any] | None = None,
) -> tuple[Coding, bool]:
    """What a model says of a face, once: (coding, whether it is new).

    Raises DifferentPrediction where that version said otherwise before: nothing is overwritten.
    """
    _check_says_something(reading)
    try:
        with transaction.atomic():
            lock_face(face)
            earlier = _prediction_of(face, coder)
            if earlier is None:
                return add_coding(face, coder, reading, source=source, extra=extra), True
    except IntegrityError:  # another request was quicker
        earlier = _prediction_of(face, coder)
        if earlier is None:
            raise
    _check_same(coder.name, reading_of(earlier), reading)
    return earlier, False


def would_record_prediction(
    face: Face, name: str, coder: Coder | None, reading: Reading, *, said: Reading | None
) -> bool:
    """Whether `record_prediction` would write something. Raises what that raises.

    `coder` is None where the model `name` isn't here yet; `said` is what would have been written
    of the face before.
    """
    _check_says_something(reading)
    earlier = _prediction_of(face, coder) if coder is not None else None
    known = reading_of(earlier) if earlier is not None else said
    if known is not None:
        _check_same(name, known, reading)
    return known is None


def _prediction_of(face: Face, coder: Coder) -> Coding | None:
    return face.codings.filter(coder=coder).prefetch_related("scores").first()


def _check_says_something(reading: Reading) -> None:
    if not reading.emotion and not reading.scores:
        raise InvalidCoding("A prediction needs an emotion or action units.")


def _check_same(name: str, earlier: Reading, reading: Reading) -> None:
    if earlier != reading:
        raise DifferentPrediction(
            f"“{name}” has said otherwise of this face. A new version needs a name of its own.",
            {"model": ["Give the version another name."]},
        )
