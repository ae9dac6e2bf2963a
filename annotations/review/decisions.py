"""Deciding what is true of a face, proposing what may be, and taking either back.

Ground truth changes here, in bulk actions made of the same decisions, and by an import; nowhere
else. Each change is a review with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.codings.services import make_truth, withdraw
from annotations.faces.services import lock_face
from annotations.models import Coding, Review
from annotations.problems import InvalidCoding, StaleCoding
from annotations.queues.stages import complete, reopen
from annotations.review import effects
from annotations.review.context import ReviewContext, Statement
from annotations.review.permissions import review_policy
from annotations.review.signals import review_finished

Decision = Review.Decision

UNDOABLE = (*Review.SETTLING, Decision.PROPOSE, Decision.AGREE)


def accept_truth(context: ReviewContext) -> Review:
    """Keep the ground truth as it is.

    Like every verb here, it takes the face's lock, which a caller may hold already.

    Raises
    ------
    Forbidden, InvalidCoding
    StaleCoding
        The truth has changed since it was seen; nothing is written.
    """
    review_policy.check(context.user, "decide", context)
    return _carry_out(context, effects.keep_truth)


def accept_prediction(context: ReviewContext, prediction: Coding | None) -> Review:
    """Take what a model says of the face as the truth. Raises as `accept_truth`."""
    review_policy.check(context.user, "decide", context)
    return _carry_out(context, partial(effects.write_prediction, context, prediction=prediction))


def correct(context: ReviewContext, said: Statement) -> Review:
    """Make what is said the truth, or a proposal if the user doesn't decide here.

    A correction that changes nothing keeps the truth. Raises as `accept_truth`.
    """
    if not context.decides:
        return propose(context, said)
    return _carry_out(context, partial(effects.write_correction, context, said=said))


def propose(context: ReviewContext, said: Statement) -> Review:
    """Record an opinion, for a reviewer to decide on. Raises as `accept_truth`."""
    review_policy.check(context.user, "propose")
    return _carry_out(context, partial(effects.write_proposal, context, said=said))


def agree(context: ReviewContext, own: Coding | None = None) -> Review:
    """Record that the user stands by their own coding or the truth. Raises as `accept_truth`."""
    review_policy.check(context.user, "propose")
    return _carry_out(context, partial(effects.write_agreement, context, own=own))


def adjudicate(context: ReviewContext, said: Statement) -> Review:
    """Decide what is true where several coders coded, and say why. Raises as `accept_truth`."""
    review_policy.check(context.user, "decide", context)
    if not context.comment.strip():
        raise InvalidCoding(
            "Say in a few words why: the reason is kept with the accepted coding.",
            {"comment": ["A reason is needed."]},
        )
    return _carry_out(context, partial(effects.write_adjudication, context, said=said))


def _carry_out(context: ReviewContext, write: Callable[[Coding | None], effects.Outcome]) -> Review:
    """Let `write` act on the truth that was seen, and record what it did: all or nothing.

    Access is checked by now. A repeated request gets the same answer as before.
    """
    with transaction.atomic():
        truth = context.truth  # with the face's lock
        known = _answered_before(context)
        if known is not None:
            return known
        if not context.is_blind:
            _check_seen(truth, context.seen)
        outcome = write(None if context.is_blind else truth)
        review = _record(context, outcome, truth)
        announce_review(review)
        if context.assignment is not None:
            complete(context.assignment)
        return review


def _answered_before(context: ReviewContext) -> Review | None:
    if context.request_id is None:
        return None
    reviews = Review.objects.filter(reviewer=context.user, face=context.face)
    return reviews.filter(request_id=context.request_id).first()


def _record(context: ReviewContext, outcome: effects.Outcome, truth: Coding | None) -> Review:
    return Review.objects.create(
        face=context.face,
        reviewer=context.user,
        decision=outcome.decision,
        reviewed=outcome.reviewed,
        result=outcome.result,
        replaced=truth if outcome.decision in Review.CHANGING else None,
        comment=context.comment.strip(),
        origin=context.origin,
        assignment=context.assignment,
        request_id=context.request_id,
    )


def undo_review(review: Review, user: User) -> Review:
    """Take a decision or a proposal back: the former truth is the truth again.

    Raises
    ------
    Forbidden
        It is somebody else's, and `user` is no admin.
    StaleCoding
        Somebody decided after it, or it was undone already; nothing is written.
    """
    review_policy.check(user, "undo", review)
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
    review_finished.send(Review, review=review)


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
    """Return the fields of the review that records that `review` was undone."""
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
