"""What comes of a decision or an opinion: which coding is written, and what it takes over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from annotations.codings.services import Reading, add_coding, human_coder, reading_of
from annotations.codings.taking_over import (
    may_be_revised_by,
    merged,
    says_the_same,
    taken_from_model,
)
from annotations.models import Coder, Coding, Face, Review
from annotations.problems import InvalidCoding

Decision = Review.Decision

NOTHING_CODED = "Nothing coded yet. Press 0 if no action unit is there."
NOTHING_SAID = "A label needs an emotion or action units; false says that a unit is absent."


@dataclass(frozen=True)
class Asked:
    """What is to be done; `truth` is the one that the user has seen."""

    face: Face
    user: Any
    decision: str
    truth: Coding | None
    reading: Reading | None
    about: Collection[int]
    revises: Coding | None
    model_coding: Coding | None
    is_blind: bool


@dataclass(frozen=True)
class Done:
    decision: str
    reviewed: Coding | None
    result: Coding | None


def carry_out(asked: Asked) -> Done:
    """Write what `asked` asks for, all checks but those of what it says being done."""
    if asked.decision == Decision.ACCEPT_TRUTH:
        return _keep_truth(asked)
    if asked.decision == Decision.ACCEPT_MODEL:
        return _take_model(asked)
    coder = human_coder(asked.user)
    is_own = may_be_revised_by(coder, asked.revises)
    if asked.decision == Decision.AGREE:
        return _agree(asked, asked.revises if is_own else None)
    if asked.reading is None:
        raise InvalidCoding(NOTHING_SAID)
    if asked.decision == Decision.PROPOSE:
        return _propose(asked, coder, asked.revises if is_own else None)
    return _decide(asked, coder, is_own)


def _keep_truth(asked: Asked) -> Done:
    if asked.truth is None:
        raise InvalidCoding("This face has no ground truth to keep.")
    return Done(Decision.ACCEPT_TRUTH, asked.truth, asked.truth)


def _take_model(asked: Asked) -> Done:
    prediction = asked.model_coding
    if prediction is None or prediction.face_id != asked.face.pk:
        raise InvalidCoding("This face has no prediction to accept.")
    coding = add_coding(
        asked.face,
        human_coder(asked.user),
        taken_from_model(prediction, asked.truth),
        source=f"accepted from {prediction.coder}",
        based_on=prediction,
        is_independent=False,
        is_truth=True,
    )
    return Done(Decision.ACCEPT_MODEL, prediction, coding)


def _agree(asked: Asked, own: Coding | None) -> Done:
    """Nothing is coded: an agreement is no reading of its own."""
    stands_by = own or asked.truth
    if stands_by is None:
        raise InvalidCoding(NOTHING_CODED)
    return Done(Decision.AGREE, stands_by, None)


def _propose(asked: Asked, coder: Coder, own: Coding | None) -> Done:
    assert asked.reading is not None  # `carry_out` has looked
    reading = merged(asked.reading, own, asked.about)
    _check_says_something(reading)
    coding = add_coding(
        asked.face, coder, reading, source="review", based_on=own, is_blind=asked.is_blind
    )
    return Done(Decision.PROPOSE, asked.truth, coding)


def _decide(asked: Asked, coder: Coder, is_own: bool) -> Done:
    truth, revises = asked.truth, asked.revises
    assert asked.reading is not None  # `carry_out` has looked
    said = merged(asked.reading, revises, asked.about)
    reading = merged(said, truth, asked.about)
    _check_says_something(reading)
    if asked.decision == Decision.CORRECT and truth and says_the_same(reading, reading_of(truth)):
        return _keep_truth(asked)
    by_itself = asked.decision == Decision.CORRECT and truth is None
    coding = add_coding(
        asked.face,
        coder,
        reading,
        source="review",
        based_on=truth or revises,
        is_independent=by_itself and (revises is None or is_own),
        is_truth=True,
    )
    return Done(asked.decision, truth, coding)


def _check_says_something(reading: Reading) -> None:
    if not reading.emotion and not reading.scores:
        raise InvalidCoding(NOTHING_CODED)
