"""Consent of a subject, and the tombstones of those who withdrew."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models.faces import Subject


class Consent(models.Model):
    """A subject's answer to the question whether their pictures may be used, and for what.

    A subject without one has been asked by nobody here: the answer is unknown.
    """

    class Answer(models.TextChoices):
        UNKNOWN = "unknown"
        YES = "yes"
        NO = "no"

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="consent")
    answer = models.CharField(max_length=8, choices=Answer.choices, default=Answer.UNKNOWN)
    #: The last day of a yes; null: without an end.
    until = models.DateField(null=True, blank=True)
    #: What a yes is for.
    labelling = models.BooleanField(default=True)
    training = models.BooleanField(default=True)
    export = models.BooleanField(default=True)
    #: Where the form is kept, what was said: for those who may see the subject's page.
    note = models.TextField(blank=True, max_length=2000)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__in=["unknown", "yes", "no"]), name="consent_is_known"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(answer="yes"), name="only_a_yes_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"Consent of subject {self.subject_id}"

    @property
    def has_ended(self) -> bool:
        """Whether a yes is over."""
        return self.until is not None and self.until < timezone.localdate()

    @property
    def not_for(self) -> list[str]:
        """The uses that a yes isn't for."""
        return [name for name in ("labelling", "training", "export") if not getattr(self, name)]


class Tombstone(models.Model):
    """A keyed digest of what a withdrawn subject had here, so that it can't come back.

    Without the server's secret key it tells nothing, and with it only yes or no to a guess.
    """

    class Kind(models.TextChoices):
        SUBJECT = "subject"
        PICTURE = "picture"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: HMAC-SHA256, as annotations.tombstones computes it.
    digest = models.CharField(max_length=64, unique=True)
    #: Names the secret key; one made under another key recognises nothing.
    key = models.CharField(max_length=8)
    #: The withdrawal that it belongs to; annotations.withdrawal knows more of it.
    withdrawal = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Tombstone {self.pk}"
