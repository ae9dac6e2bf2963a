"""Rooms that must not know each other, brought together: webhooks hear of reviews' decisions."""

from __future__ import annotations

from typing import Any

from annotations.models import BulkAction, Review
from annotations.review.signals import bulk_review_finished, review_finished
from facsweb.webhooks.events import BulkReviewFinished, ReviewFinished
from facsweb.webhooks.services import announce


def connect() -> None:
    """Connect the listeners. Called once, when every app is ready."""
    review_finished.connect(announce_review)
    bulk_review_finished.connect(announce_bulk_review)


def announce_review(sender: type[Review], review: Review, **_: Any) -> None:
    announce(ReviewFinished(review.pk, review.face_id, str(review.decision)))


def announce_bulk_review(
    sender: type[BulkAction], action: BulkAction, faces: int, decision: str, **_: Any
) -> None:
    announce(BulkReviewFinished(action.pk, faces, str(decision)))
