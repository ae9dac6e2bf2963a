"""Statements by programs about stored faces: labels of their users, readings of other models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.codings.comparison import says_the_same
from annotations.codings.reading import Reading, Score, reading_of
from annotations.codings.services import Provenance, add_coding
from annotations.codings.taking_over import may_be_revised_by, merged
from annotations.faces.services import lock_face
from annotations.models import Assignment, Coder, Coding, Face, Review
from annotations.problems import InvalidCoding
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct
from annotations.review.permissions import upload_policy
from facsweb.problems import Conflict


class DifferentPrediction(Conflict):
    code = "different_prediction"


@dataclass(frozen=True)
class Label:
    """A label of a face. `emotion` None and an action unit that isn't in `scores` are unnamed.

    A label that is a decision about the truth keeps what the truth says of them; one that is an
    opinion leaves them uncoded.
    """

    emotion: str | None
    scores: Mapping[int, Score]
    #: Id of the ground truth that its author saw.
    seen: int | None
    comment: str = ""
    #: The coding that it corrects: of what is unnamed, a decision keeps what that says, an opinion
    #: so only if it is the user's own reading.
    corrects: Coding | None = None

    def reading(self, former: Reading) -> Reading | None:
        """Return the label laid over `former`; None where nothing is named."""
        if self.emotion is None and not self.scores:
            return None
        kept = {
            au: _with_intensity(score, former.scores.get(au)) for au, score in self.scores.items()
        }
        return Reading(former.emotion if self.emotion is None else self.emotion, kept)


def label_of(values: Mapping[str, Any]) -> Label:
    """Build a label from a request's checked values."""
    return Label(
        emotion=values.get("emotion"),
        scores=values.get("action_units", {}),
        seen=values["seen"],
        comment=values["comment"],
    )


def label_face(
    face: Face,
    user: User,
    label: Label,
    *,
    assignment: Assignment | None = None,
    request_id: UUID | None = None,
) -> tuple[Coding, bool]:
    """Decide on the truth, or propose a coding; return (coding, whether it is new).

    If the user's own latest coding already says the same and stands where the label would put it,
    it is not written again; nor is a truth that the label only repeats. Raises Forbidden,
    InvalidCoding, StaleCoding.
    """
    context = ReviewContext(
        face,
        user,
        seen=label.seen,  # `correct` refuses when this isn't the truth any more
        comment=label.comment,
        origin="API",
        assignment=assignment,
        request_id=request_id,
    )
    is_decision = context.decides
    with transaction.atomic():
        truth = _truth_seen(context) if is_decision else None
        corrects = label.corrects
        if corrects and not is_decision and not may_be_revised_by(context.coder, corrects):
            corrects = None
        reading = label.reading(_former(corrects, truth))
        if reading is not None and assignment is None:
            whole = merged(merged(reading, corrects), truth)
            known = _kept(context, whole, truth) if is_decision else _own(context, whole)
            if known is not None:
                return known, False
        review = correct(context, Statement(reading, revises=corrects))
    assert review.result is not None  # the correction, or the truth that it repeats
    return review.result, review.decision != Review.Decision.ACCEPT_TRUTH


def _truth_seen(context: ReviewContext) -> Coding | None:
    """Return the truth if it is the one that was seen. Who decides may read it."""
    truth = context.truth
    return truth if truth is not None and truth.pk == context.seen else None


def _former(corrects: Coding | None, truth: Coding | None) -> Reading:
    """Return what the unnamed stays as: that of the corrected coding, and beyond it the truth's."""
    if corrects is None:
        return reading_of(truth) if truth is not None else Reading()
    former = merged(reading_of(corrects), truth)
    emotion = former.emotion or (truth.emotion if truth else "")
    return Reading(emotion, former.scores)


def _kept(context: ReviewContext, reading: Reading, seen: Coding | None) -> Coding | None:
    """Return the truth where a decision would only repeat what its author has decided already."""
    truth, user = context.truth, context.user
    is_theirs = truth is not None and truth.coder.user_id == user.pk
    if truth and is_theirs and says_the_same(reading_of(truth), merged(reading, truth)):
        return truth
    if seen is None or not says_the_same(reading_of(seen), reading):
        return None
    kept = context.face.reviews.filter(
        reviewer=user, result=seen, undone_by=None, decision=Review.Decision.ACCEPT_TRUTH
    )
    return seen if kept.exists() else None


def _own(context: ReviewContext, reading: Reading) -> Coding | None:
    """Return the user's own latest coding where an opinion would only repeat it."""
    standing = Coding.objects.current().filter(
        face=context.face, coder__user=context.user, is_independent=True
    )
    own = standing.first()
    return own if own is not None and says_the_same(reading_of(own), reading) else None


def _with_intensity(score: Score, former: Score | None) -> Score:
    """Keep the former intensity where a score says only "present"."""
    if former and score.present and former.present and not score.intensity:
        return Score(True, former.intensity)
    return score


def outside_model(name: str, user: User) -> Coder:
    """Return the coder of a model that isn't ours, by its name and version.

    Raises Forbidden, and InvalidCoding where one of our own versions has that name.
    """
    upload_policy.check(user, "predictions")
    return model_named(name)


def model_named(name: str) -> Coder:
    """Return the coder of the outside model of that name, added if new. Raises InvalidCoding."""
    known = find_model(name)
    return known or Coder.objects.get_or_create(kind=Coder.Kind.MODEL, name=name.strip())[0]


def find_model(name: str) -> Coder | None:
    """Return the coder as `model_named` does, None if there is none yet. Raises InvalidCoding."""
    name = name.strip()
    if not name:
        message = "Name the model and its version, such as “OpenFace 2.2.0”."
        raise InvalidCoding(message, {"model": [message]})
    coder = Coder.objects.filter(kind=Coder.Kind.MODEL, name=name).first()
    if coder is not None and (coder.about or hasattr(coder, "model_version")):
        message = "A model of this server has this name: it is asked here, by a run."
        raise InvalidCoding(message, {"model": [message]})
    return coder


def record_prediction(
    face: Face,
    coder: Coder,
    reading: Reading,
    provenance: Provenance,
) -> tuple[Coding, bool]:
    """Record what a model says of a face, once; return (coding, whether it is new).

    Raises DifferentPrediction where that version said otherwise before: nothing is overwritten.
    """
    _check_says_something(reading)
    try:
        with transaction.atomic():
            lock_face(face)
            earlier = _prediction_of(face, coder)
            if earlier is None:
                return add_coding(face, coder, reading, provenance), True
    except IntegrityError:  # another request was quicker
        earlier = _prediction_of(face, coder)
        if earlier is None:
            raise
    _check_same(coder.name, reading_of(earlier), reading)
    return earlier, False


def would_record_prediction(
    face: Face, name: str, coder: Coder | None, reading: Reading, *, said: Reading | None
) -> bool:
    """Tell whether `record_prediction` would write something. Raises what that raises.

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
