"""Rooms that mustn't know each other, brought together.

Webhooks, the audit and the statistics of tables hear of what others do, and the watch on disks of
connections to the database.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created

from annotations.models import (
    BulkAction,
    Coder,
    Coding,
    Face,
    Flag,
    NeutralFrame,
    Queue,
    Review,
    Subject,
)
from annotations.review.signals import bulk_review_finished, review_finished
from annotations.transfers.models import Export, Import
from facsweb.accounts.models import ApiToken
from facsweb.audit.watching import watch, watch_deletion
from facsweb.jobs.disk import keep_no_reader
from facsweb.jobs.signals import run_finished
from facsweb.table_sizes import count_after_a_job
from facsweb.webhooks.events import BulkReviewFinished, ReviewFinished
from facsweb.webhooks.services import announce
from inference.models import InferenceRun, ModelVersion
from training.models import Comparison, DriftCheck, TrainingRun


def connect() -> None:
    """Connect the listeners. Called once, when every app is ready."""
    review_finished.connect(announce_review)
    bulk_review_finished.connect(announce_bulk_review)
    run_finished.connect(count_after_a_job)
    connection_created.connect(keep_no_reader)
    watch(Coder, ["codes_blind"], "coder.blindness_changed", values=True)
    watch(Subject, ["gender", "age_group", "ethnicity"], "subject.tags_changed")
    watch_deletion(
        Coder, Coding, Export, Face, Flag, Import, ModelVersion, NeutralFrame, Queue, Subject,
        TrainingRun, ApiToken, Comparison, DriftCheck, InferenceRun,
    )  # fmt: skip


def announce_review(sender: type[Review], review: Review, **_: Any) -> None:
    announce(ReviewFinished(review.pk, review.face_id, str(review.decision)))


def announce_bulk_review(
    sender: type[BulkAction], action: BulkAction, faces: int, decision: str, **_: Any
) -> None:
    announce(BulkReviewFinished(action.pk, faces, str(decision)))
