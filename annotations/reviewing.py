"""Deciding what is true of a face, proposing what may be, and taking either back.

Ground truth changes here, in bulk actions made of the same decisions, and by an import; nowhere
else. Each change is a review with its reason.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.blinding import WHY_NOT_YET, first_look, is_blind_to
from annotations.exceptions import InvalidCoding, NotAllowed, StaleCoding
from annotations.models import Assignment, Coding, Face, Review, Webhook
from annotations.permissions import may_administer, may_decide, may_propose
from annotations.queues.stages import complete, reopen
from annotations.services import (
    Reading,
    Score,
    add_coding,
    human_coder,
    lock_face,
    make_truth,
    reading_of,
    withdraw,
)
from annotations.webhooks.services import announce

Decision = Review.Decision

UNDOABLE = (*Review.SETTLING, Decision.PROPOSE)


def review_face(
    face: Face,
    user,
    decision: str,
    *,
    seen: int | None,
    reading: Reading | None = None,
    model_coding: Coding | None = None,
    comment: str = "",
    origin: str = "",
    assignment: Assignment | None = None,
    request_id: UUID | None = None,
) -> Review:
    """Carry out a reviewer's decision, or keep a coder's proposal.

    Parameters
    ----------
    decision
        One of Review.Decision. A correction by somebody who may not decide, or who is blind to
        the face, becomes a proposal.
    seen
        Id of the ground truth that the page showed, or None where there was none. Who is blind
        saw none, and is not asked.
    assignment
        The user's open task that this completes.
    request_id
        The same one again answers the same review and changes nothing.

    Raises
    ------
    NotAllowed, InvalidCoding
    StaleCoding
        The truth has changed since; nothing is written.
    """
    is_blind = is_blind_to(user, face)
    if decision == Decision.CORRECT and (is_blind or not may_decide(user)):
        decision = Decision.PROPOSE
    _check_may(user, decision, is_blind)
    if decision == Decision.ADJUDICATE and not comment.strip():
        raise InvalidCoding(
            "Say in a few words why: the reason is kept with the accepted coding.",
            {"comment": ["A reason is needed."]},
        )
    with transaction.atomic():
        lock_face(face)
        if request_id is not None:
            known = Review.objects.filter(request_id=request_id, reviewer=user, face=face).first()
            if known is not None:
                return known
        truth = face.codings.accepted().first()
        if is_blind:
            truth_shown = None
        else:
            truth_shown = truth
            _check_seen(truth, seen)
        reviewed, result = _carry_out(
            face,
            user,
            decision,
            truth_shown,
            reading,
            model_coding,
            is_blind=is_blind and first_look(user, face) is None,
        )
        review = Review.objects.create(
            face=face,
            reviewer=user,
            decision=decision,
            reviewed=reviewed,
            result=result,
            replaced=truth if decision in Review.CHANGING else None,
            comment=comment.strip(),
            origin=origin,
            assignment=assignment,
            request_id=request_id,
        )
        announce_review(review)
        if assignment is not None:
            complete(assignment)
        return review


def undo_review(review: Review, user) -> Review:
    """Take a decision or a proposal back: the former truth is the truth again.

    Raises
    ------
    NotAllowed
        It is somebody else's, and `user` is no admin.
    StaleCoding
        Somebody decided after it, or it was undone already; nothing is written.
    """
    if review.reviewer_id != user.pk and not may_administer(user):
        raise NotAllowed("Only who decided, or an admin, takes a decision back.")
    if review.decision not in UNDOABLE:
        raise InvalidCoding("This kind of decision can't be undone.")
    if review.bulk_id is not None:
        raise InvalidCoding(f"This was done by {review.bulk}: undo that as a whole.")
    try:
        with transaction.atomic():
            lock_face(review.face)
            take_back(review)
            if review.assignment is not None:
                reopen(review.assignment)
            undone = Review.objects.create(**undoing(review, user), origin=review.origin)
            announce_review(undone)
            return undone
    except IntegrityError:
        raise StaleCoding("This was undone already.") from None


def announce_review(review: Review) -> None:
    facts = {"id": review.pk, "face": review.face_id, "decision": str(review.decision)}
    announce(Webhook.Event.REVIEW_FINISHED, facts)


def take_back(review: Review) -> None:
    """Restore what `review` changed. Raises StaleCoding where somebody decided after it."""
    result = review.result
    if review.decision in Review.CHANGING:
        if not Coding.objects.accepted().filter(pk=review.result_id).exists():
            raise StaleCoding("Somebody has decided on this face since, so this can't be undone.")
        withdraw(result)
        if review.replaced is not None:
            make_truth(review.replaced)
    elif review.decision == Decision.PROPOSE:
        if Coding.objects.accepted().filter(pk=review.result_id).exists():
            raise StaleCoding("This proposal has become the ground truth meanwhile.")
        withdraw(result)


def undoing(review: Review, user) -> dict[str, object]:
    """The fields of the review that says so."""
    return {
        "face": review.face,
        "reviewer": user,
        "decision": Decision.UNDO,
        "undoes": review,
        "reviewed": review.result,
        "result": review.replaced,
        "replaced": review.result if review.decision in Review.CHANGING else None,
    }


def _check_seen(truth: Coding | None, seen: int | None) -> None:
    if (truth.pk if truth else None) != seen:
        who = f" by {truth.coder}" if truth else ""
        raise StaleCoding(
            f"The ground truth of this face was changed meanwhile{who}. "
            "Look at the new one, then decide again."
        )


def _check_may(user, decision: str, is_blind: bool) -> None:
    allowed = may_propose(user) if decision == Decision.PROPOSE else may_decide(user)
    if not allowed:
        raise NotAllowed("Your role does not allow this. Ask an admin for the reviewer role.")
    if is_blind and decision != Decision.PROPOSE:
        raise NotAllowed(WHY_NOT_YET)


def _carry_out(face, user, decision, truth, reading, model_coding, *, is_blind):
    """(coding that was reviewed, coding that came of it)"""
    if decision == Decision.ACCEPT_TRUTH:
        if truth is None:
            raise InvalidCoding("This face has no ground truth to keep.")
        return truth, truth
    coder = human_coder(user)
    if decision == Decision.ACCEPT_MODEL:
        if model_coding is None or model_coding.face_id != face.pk:
            raise InvalidCoding("This face has no prediction to accept.")
        coding = add_coding(face, coder, **accepting(model_coding, truth), is_truth=True)
        return model_coding, coding
    if reading is None:
        raise InvalidCoding("A correction needs an emotion or action units.")
    reading = _with_uncoded(reading, truth)
    coding = add_coding(
        face,
        coder,
        reading,
        source="review",
        based_on=truth,
        is_blind=is_blind,
        is_truth=decision in Review.CHANGING,
    )
    return truth, coding


def accepting(model_coding: Coding, truth: Coding | None) -> dict[str, object]:
    """What a person's coding holds who takes the model's reading.

    The model knows neither intensities nor other units: those of the truth stay where it agrees.
    """
    said = reading_of(model_coding)
    former = reading_of(truth).scores if truth else {}
    scores = {}
    for au, score in said.scores.items():
        earlier = former.get(au)
        keeps = score.present and earlier is not None and earlier.present
        scores[au] = Score(score.present, earlier.intensity if keeps and earlier else "")
    return {
        "reading": _with_uncoded(Reading(said.emotion, scores), truth),
        "source": f"accepted from {model_coding.coder}",
        "based_on": model_coding,
    }


def _with_uncoded(reading: Reading, truth: Coding | None) -> Reading:
    """Keep what the truth says beyond the form: other action units, the basic emotion."""
    if truth is None:
        return reading
    earlier = reading_of(truth)
    same_emotion = reading.emotion == earlier.emotion
    return Reading(
        emotion=reading.emotion,
        basic_emotion=earlier.basic_emotion if same_emotion else "",
        scores={**earlier.scores, **reading.scores},
    )
