"""Writing what a decision or an opinion says: the coding, and what it takes over from others.

Callers hold the face's lock (`lock_face`) in a transaction and have checked that the user may.
`truth` is the ground truth as far as the user has seen it. Each function returns an `Outcome`,
which the caller records, and raises InvalidCoding where there is nothing to write.
"""

from __future__ import annotations

from dataclasses import dataclass

from annotations.codings.comparison import says_the_same
from annotations.codings.reading import Reading, reading_of
from annotations.codings.services import Provenance, add_coding
from annotations.codings.taking_over import (
    may_be_revised_by,
    merged,
    taken_from_model,
)
from annotations.models import Coding, Review
from annotations.problems import InvalidCoding
from annotations.review.context import ReviewContext, Statement
from annotations.visibility import first_look

Decision = Review.Decision

NOTHING_CODED = "Nothing coded yet. Press 0 if no action unit is there."
NOTHING_SAID = "A label needs an emotion or action units; false says that a unit is absent."


@dataclass(frozen=True)
class Outcome:
    """The content of a review: a decision, the coding that it is about, the one that it made."""

    decision: str
    reviewed: Coding | None
    result: Coding | None


def keep_truth(truth: Coding | None) -> Outcome:
    if truth is None:
        raise InvalidCoding("This face has no ground truth to keep.")
    return Outcome(Decision.ACCEPT_TRUTH, truth, truth)


def write_prediction(
    context: ReviewContext, truth: Coding | None, prediction: Coding | None
) -> Outcome:
    """Write what a model says of the face as the user's own coding and as the truth."""
    if prediction is None or prediction.face_id != context.face.pk:
        raise InvalidCoding("This face has no prediction to accept.")
    coding = add_coding(
        context.face,
        context.coder,
        taken_from_model(prediction, truth),
        Provenance(f"accepted from {prediction.coder}", based_on=prediction, is_independent=False),
        is_truth=True,
        has_truth=context.truth is not None,
    )
    return Outcome(Decision.ACCEPT_MODEL, prediction, coding)


def write_agreement(context: ReviewContext, truth: Coding | None, own: Coding | None) -> Outcome:
    """Return an agreement. Nothing is coded, as it is no reading of its own."""
    stands_by = own if may_be_revised_by(context.coder, own) else truth
    if stands_by is None:
        raise InvalidCoding(NOTHING_CODED)
    return Outcome(Decision.AGREE, stands_by, None)


def write_proposal(context: ReviewContext, truth: Coding | None, said: Statement) -> Outcome:
    """Write the user's opinion. It is blind if others' readings are hidden and were never shown."""
    coder = context.coder
    own = said.revises if may_be_revised_by(coder, said.revises) else None
    reading = merged(_given(said), own, said.about)
    _check_says_something(reading)
    is_blind = context.is_blind and first_look(context.user, context.face) is None
    provenance = Provenance("review", based_on=own, is_blind=is_blind)
    coding = add_coding(context.face, coder, reading, provenance)
    return Outcome(Decision.PROPOSE, truth, coding)


def write_correction(context: ReviewContext, truth: Coding | None, said: Statement) -> Outcome:
    """Write what is said as the truth; a correction that changes nothing keeps the truth."""
    reading = _beyond(truth, said)
    if truth is not None and says_the_same(reading, reading_of(truth)):
        return keep_truth(truth)
    coder = context.coder
    by_itself = said.revises is None or may_be_revised_by(coder, said.revises)
    provenance = Provenance(
        "review",
        based_on=truth or said.revises,
        is_independent=truth is None and by_itself,
    )
    has_truth = context.truth is not None
    coding = add_coding(
        context.face, coder, reading, provenance, is_truth=True, has_truth=has_truth
    )
    return Outcome(Decision.CORRECT, truth, coding)


def write_adjudication(context: ReviewContext, truth: Coding | None, said: Statement) -> Outcome:
    """Write what is said as the truth. It repeats what others said, so it is no vote."""
    coding = add_coding(
        context.face,
        context.coder,
        _beyond(truth, said),
        Provenance("review", based_on=truth or said.revises, is_independent=False),
        is_truth=True,
        has_truth=context.truth is not None,
    )
    return Outcome(Decision.ADJUDICATE, truth, coding)


def _beyond(truth: Coding | None, said: Statement) -> Reading:
    """Return what is said, with what the revised coding and the truth say beyond it."""
    reading = merged(merged(_given(said), said.revises, said.about), truth, said.about)
    _check_says_something(reading)
    return reading


def _given(said: Statement) -> Reading:
    if said.reading is None:
        raise InvalidCoding(NOTHING_SAID)
    return said.reading


def _check_says_something(reading: Reading) -> None:
    if not reading.emotion and not reading.scores:
        raise InvalidCoding(NOTHING_CODED)
