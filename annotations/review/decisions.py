"""Deciding what is true of a face, proposing what may be, and taking either back.

Ground truth changes here, in bulk actions made of the same decisions, and by an import; nowhere
else. Each change is a review with its reason.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.codings.services import Reading, lock_face, make_truth, withdraw
from annotations.models import Assignment, Coding, Face, Review, Stage
from annotations.problems import InvalidCoding, StaleCoding
from annotations.queues.stages import complete, reopen
from annotations.review.effects import Asked, carry_out
from annotations.visibility import WHY_NOT_YET, first_look, is_blind_to
from facsweb.accounts.permissions import may_administer, may_decide, may_propose
from facsweb.problems import Forbidden
from facsweb.webhooks.models import Webhook
from facsweb.webhooks.services import announce

Decision = Review.Decision

UNDOABLE = (*Review.SETTLING, Decision.PROPOSE, Decision.AGREE)


def decides(user: User, is_blind: bool, assignment: Assignment | None) -> bool:
    """Whether the user's reading becomes the truth at once; else it is one opinion among others.

    At a queue's coding stage even a reviewer gives an opinion.
    """
    codes = assignment is not None and assignment.stage == Stage.CODING
    return may_decide(user) and not is_blind and not codes


def review_face(
    face: Face,
    user: User,
    decision: str,
    *,
    seen: int | None,
    reading: Reading | None = None,
    about: Collection[int] = (),
    revises: Coding | None = None,
    model_coding: Coding | None = None,
    comment: str = "",
    origin: str = "",
    assignment: Assignment | None = None,
    request_id: UUID | None = None,
) -> Review:
    """Carry out a reviewer's decision, or keep a coder's opinion.

    Parameters
    ----------
    decision
        One of Review.Decision. A correction by somebody who doesn't decide here becomes a
        proposal, one that changes nothing keeps the truth.
    seen
        Id of the ground truth that the page showed, or None where there was none. Who is blind
        saw none, and is not asked.
    about
        Action units that `reading` is about: those of them that it doesn't score are not coded.
        Of others a decision keeps what the truth says, an opinion what `revises` says.
    revises
        The coding that this goes on from, or stands by (AGREE). An opinion goes on from the
        coder's own independent reading only; anything else is left out of it.
    assignment
        The user's open task that this completes.
    request_id
        The same one again answers the same review and changes nothing.

    Raises
    ------
    Forbidden, InvalidCoding
    StaleCoding
        The truth has changed since; nothing is written.
    """
    is_blind = is_blind_to(user, face)
    if decision == Decision.CORRECT and not decides(user, is_blind, assignment):
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
        if not is_blind:
            _check_seen(truth, seen)
        done = carry_out(
            Asked(
                face, user, decision, None if is_blind else truth, reading, about, revises,
                model_coding, is_blind and first_look(user, face) is None,
            )
        )  # fmt: skip
        review = Review.objects.create(
            face=face,
            reviewer=user,
            decision=done.decision,
            reviewed=done.reviewed,
            result=done.result,
            replaced=truth if done.decision in Review.CHANGING else None,
            comment=comment.strip(),
            origin=origin,
            assignment=assignment,
            request_id=request_id,
        )
        announce_review(review)
        if assignment is not None:
            complete(assignment)
        return review


def undo_review(review: Review, user: User) -> Review:
    """Take a decision or a proposal back: the former truth is the truth again.

    Raises
    ------
    Forbidden
        It is somebody else's, and `user` is no admin.
    StaleCoding
        Somebody decided after it, or it was undone already; nothing is written.
    """
    if review.reviewer_id != user.pk and not may_administer(user):
        raise Forbidden("Only who decided, or an admin, takes a decision back.")
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
        assert result is not None  # such a decision is about one
        if not Coding.objects.accepted().filter(pk=result.pk).exists():
            raise StaleCoding("Somebody has decided on this face since, so this can't be undone.")
        withdraw(result)
        if review.replaced is not None:
            make_truth(review.replaced)
    elif review.decision == Decision.PROPOSE:
        assert result is not None
        if Coding.objects.accepted().filter(pk=result.pk).exists():
            raise StaleCoding("This proposal has become the ground truth meanwhile.")
        withdraw(result)


def undoing(review: Review, user: User) -> dict[str, object]:
    """The fields of the review that says so."""
    return {
        "face": review.face,
        "reviewer": user,
        "decision": Decision.UNDO,
        "undoes": review,
        "reviewed": review.result or review.reviewed,
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


def _check_may(user: User, decision: str, is_blind: bool) -> None:
    opinion = decision in {Decision.PROPOSE, Decision.AGREE}
    allowed = may_propose(user) if opinion else may_decide(user)
    if not allowed:
        raise Forbidden("Your role does not allow this. Ask an admin for the reviewer role.")
    if is_blind and not opinion:
        raise Forbidden(WHY_NOT_YET)
