"""Decisions on faces, one by one and in bulk, and flags."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models.codings import Coding
from annotations.models.faces import Face
from annotations.models.querysets import ReviewQuerySet
from facsweb.problems import AppendOnly


class BulkAction(models.Model):
    """Many decisions made at once, which can be undone as one."""

    class Kind(models.TextChoices):
        ACCEPT_MODEL = "accept_model", "took the model's readings"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    #: What was asked for: model, least confidence, agreeing coders.
    parameters = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Bulk action {self.pk}"


class Review(models.Model):
    """The record of one decision or opinion on a face. Written once, never changed."""

    class Decision(models.TextChoices):
        ACCEPT_TRUTH = "accept_truth", "kept the ground truth"
        ACCEPT_MODEL = "accept_model", "took the model's reading"
        CORRECT = "correct", "corrected"
        PROPOSE = "propose", "proposed a coding"
        AGREE = "agree", "agreed with the ground truth"
        ADJUDICATE = "adjudicate", "adjudicated"
        PASS_ON = "pass_on", "passed the codings on to acceptance"
        SEND_BACK = "send_back", "sent the codings back"
        UNDO = "undo", "undid a decision"

    #: Decisions that end in another ground truth, and those that settle what was open.
    CHANGING = (Decision.ACCEPT_MODEL, Decision.CORRECT, Decision.ADJUDICATE)
    SETTLING = (*CHANGING, Decision.ACCEPT_TRUTH)

    face = models.ForeignKey(Face, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    decision = models.CharField(max_length=16, choices=Decision.choices)
    #: The coding that the decision was about, and the one that came of it.
    reviewed = models.ForeignKey(
        Coding, on_delete=models.PROTECT, null=True, blank=True, related_name="reviews"
    )
    result = models.ForeignKey(
        Coding, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The ground truth before a decision that changed it.
    replaced = models.ForeignKey(
        Coding, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The decision that this one took back.
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    bulk = models.ForeignKey(
        "annotations.BulkAction",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reviews",
    )
    assignment = models.ForeignKey(
        "annotations.Assignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reviews",
    )
    #: Where it was made, in words: a page, a queue's name, the API.
    origin = models.CharField(max_length=120, blank=True)
    #: Chosen by the client, so that a request sent twice decides once.
    request_id = models.UUIDField(null=True, blank=True, unique=True)
    comment = models.TextField(blank=True, max_length=2000)
    #: The id of the import that brought it in its reviewer's name, as with codings.
    brought_by = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    #: Not auto_now_add: what an export brings back keeps its date.
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["created_at"], name="review_by_time"),
            models.Index(fields=["decision", "id"], name="review_by_decision"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} {self.get_decision_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("A review is written once and never changed; write a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("A review is never deleted.")


class Flag(models.Model):
    """Somebody's request that a face be looked at. Open until somebody resolves it."""

    face = models.ForeignKey(Face, on_delete=models.PROTECT, related_name="flags")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    comment = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["face"], condition=Q(resolved_at__isnull=True), name="flag_that_is_open"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="a_resolved_flag_has_a_resolver",
            )
        ]

    def __str__(self) -> str:
        return f"Flag on face {self.face_id}"
