"""Snapshots: the ground truth as it stood when a training read it."""

from django.db import models

from annotations.models.codings import Coding
from annotations.models.faces import Face, Subject


class Snapshot(models.Model):
    """The codings that were the truth at one time, and the groups that their subjects were in.

    Written once, by annotations.codings.snapshots. Pictures that are deleted later leave it, so
    `faces` may be more than there are members.
    """

    #: Of the codings, pictures, subjects and groups: the same truth is the same snapshot.
    sha256 = models.CharField(max_length=64, unique=True)
    faces = models.PositiveIntegerField()
    subjects = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Snapshot {self.pk} of {self.faces} faces"


class SnapshotFace(models.Model):
    """A face in a snapshot, and the coding that was its truth."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="members")
    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="memberships")
    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "face"], name="one_truth_in_a_snapshot")
        ]
        # From a face to its truth of then without this table's rows, for the gallery behind a cell.
        indexes = [models.Index(fields=["snapshot", "face", "coding"], name="truth_in_a_snapshot")]

    def __str__(self) -> str:
        return f"Face {self.face_id} in snapshot {self.snapshot_id}"


class SnapshotSubject(models.Model):
    """A subject in a snapshot, with the demographic tags recorded then; blank: not recorded."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="people")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    gender = models.CharField(max_length=16, blank=True)
    age_group = models.CharField(max_length=16, blank=True)
    ethnicity = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "subject"], name="one_subject_in_a_snapshot"
            )
        ]
        indexes = [
            models.Index(
                fields=["snapshot", "subject", "gender", "age_group", "ethnicity"],
                name="groups_in_a_snapshot",
            )
        ]

    def __str__(self) -> str:
        return f"Subject {self.subject_id} in snapshot {self.snapshot_id}"
