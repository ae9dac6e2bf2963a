"""Models: faces, coders and their codings, and which coding is a face's ground truth.

A model is a coder like any other: the CK+ labels, a reviewer's correction and a prediction are
all codings, and none is ever overwritten.
"""

from annotations.models.agreement import AgreementReport
from annotations.models.bulk_runs import BulkRun
from annotations.models.cleaning import PictureCleaning
from annotations.models.codings import (
    BASIC_EMOTION_CHOICES,
    EMOTION_CHOICES,
    INTENSITY_CHOICES,
    ActionUnitScore,
    Coder,
    Coding,
)
from annotations.models.consent import Consent, Tombstone
from annotations.models.faces import Detection, Face, NeutralFrame, Subject
from annotations.models.looks import FirstLook
from annotations.models.queue_makings import QueueMaking
from annotations.models.queues import Assignment, Queue, QueueItem, QueueMember, Stage, State
from annotations.models.reviews import BulkAction, Flag, Review
from annotations.models.snapshots import Snapshot, SnapshotFace, SnapshotSubject

__all__ = [
    "BASIC_EMOTION_CHOICES",
    "EMOTION_CHOICES",
    "INTENSITY_CHOICES",
    "ActionUnitScore",
    "AgreementReport",
    "Assignment",
    "BulkAction",
    "BulkRun",
    "Coder",
    "Coding",
    "Consent",
    "Detection",
    "Face",
    "FirstLook",
    "Flag",
    "NeutralFrame",
    "PictureCleaning",
    "Queue",
    "QueueItem",
    "QueueMaking",
    "QueueMember",
    "Review",
    "Snapshot",
    "SnapshotFace",
    "SnapshotSubject",
    "Stage",
    "State",
    "Subject",
    "Tombstone",
]
