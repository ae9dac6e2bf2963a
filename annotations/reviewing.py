"""Deciding what is true of a face: keep, correct, take the model's reading, or propose."""

from __future__ import annotations

from django.db import transaction

from annotations.exceptions import InvalidCoding, NotAllowed, StaleCoding
from annotations.models import Coding, Face, Review
from annotations.permissions import may_decide, may_propose
from annotations.services import (
    Reading,
    Score,
    add_coding,
    human_coder,
    lock_face,
    make_truth,
    reading_of,
)


def review_face(
    face: Face,
    user,
    decision: str,
    *,
    seen: int | None,
    reading: Reading | None = None,
    model_coding: Coding | None = None,
    comment: str = "",
) -> Review:
    """Carry out a reviewer's decision, or keep a coder's proposal.

    Parameters
    ----------
    decision
        One of Review.Decision. A correction by somebody who may not decide becomes a proposal.
    seen
        Id of the ground truth that the page showed, or None where there was none.

    Raises
    ------
    NotAllowed, InvalidCoding
    StaleCoding
        The truth has changed since; nothing is written.
    """
    if decision == Review.Decision.CORRECT and not may_decide(user):
        decision = Review.Decision.PROPOSE
    _check_may(user, decision)
    with transaction.atomic():
        lock_face(face)
        truth = face.codings.accepted().first()
        if (truth.pk if truth else None) != seen:
            raise StaleCoding(
                "The ground truth of this face was changed meanwhile. "
                "Look at the new one, then decide again."
            )
        reviewed, result = _carry_out(face, user, decision, truth, reading, model_coding)
        return Review.objects.create(
            face=face,
            reviewer=user,
            decision=decision,
            reviewed=reviewed,
            result=result,
            comment=comment,
        )


def _check_may(user, decision: str) -> None:
    allowed = may_propose(user) if decision == Review.Decision.PROPOSE else may_decide(user)
    if not allowed:
        raise NotAllowed("Your role does not allow this. Ask an admin for the reviewer role.")


def _carry_out(face, user, decision, truth, reading, model_coding):
    """(coding that was reviewed, coding that came of it)"""
    if decision == Review.Decision.ACCEPT_TRUTH:
        if truth is None:
            raise InvalidCoding("This face has no ground truth to keep.")
        return truth, truth
    coder = human_coder(user)
    if decision == Review.Decision.ACCEPT_MODEL:
        if model_coding is None or model_coding.face_id != face.pk:
            raise InvalidCoding("This face has no prediction to accept.")
        reading = _without_probabilities(reading_of(model_coding))
        source = f"accepted from {model_coding.coder}"
        coding = add_coding(face, coder, reading, source=source, based_on=model_coding)
        make_truth(coding)
        return model_coding, coding
    if reading is None:
        raise InvalidCoding("A correction needs an emotion or action units.")
    reading = _with_uncoded(reading, truth)
    coding = add_coding(face, coder, reading, source="review", based_on=truth)
    if decision == Review.Decision.CORRECT:
        make_truth(coding)
    return truth, coding


def _without_probabilities(reading: Reading) -> Reading:
    return Reading(
        emotion=reading.emotion,
        scores={au: Score(score.present) for au, score in reading.scores.items()},
    )


def _with_uncoded(reading: Reading, truth: Coding | None) -> Reading:
    """Keep what the truth says beyond the form: other action units, the basic emotion."""
    if truth is None:
        return reading
    earlier = reading_of(truth)
    same_emotion = reading.emotion == earlier.emotion
    scores = {**earlier.scores, **reading.scores}
    for au, score in reading.scores.items():
        former = earlier.scores.get(au)
        if former and score.present and former.present and not score.intensity:
            scores[au] = Score(True, former.intensity)
    return Reading(
        emotion=reading.emotion,
        basic_emotion=earlier.basic_emotion if same_emotion else "",
        scores=scores,
    )
