"""The record of a withdrawal: the work while it goes on, and then its certificate."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from annotations.models import Subject
from facsweb.jobs.models import Run


class Withdrawal(Run):
    """One subject's removal, by a worker; afterwards what is certified of it.

    It names the subject only until all is gone.
    """

    task, queue = "annotations.withdrawal.tasks.carry_out_withdrawal", "data"

    #: Null from the moment at which the subject's rows are gone.
    subject = models.ForeignKey(
        Subject, on_delete=models.SET_NULL, null=True, blank=True, related_name="withdrawals"
    )
    #: Code, digests and names to look for; emptied at the end. See annotations.withdrawal.doomed.
    pending = models.JSONField(default=dict, blank=True)
    #: When the rows went. What is left then are files and words elsewhere.
    removed_at = models.DateTimeField(null=True, blank=True)
    #: What was removed -> how many.
    removed = models.JSONField(default=dict, blank=True)
    #: Names of the model versions that had learnt from the subject.
    learnt = models.JSONField(default=list, blank=True)
    #: What this machine can't reach, in sentences.
    beyond = models.JSONField(default=list, blank=True)

    class Meta(Run.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(subject__isnull=False),
                name="one_withdrawal_per_subject",
            )
        ]

    def __str__(self) -> str:
        return f"Withdrawal {self.pk}"

    @property
    def is_half_done(self) -> bool:
        """Whether the rows are gone and the rest isn't, with nobody at work on it."""
        return self.removed_at is not None and self.status in {
            self.Status.FAILED,
            self.Status.CANCELLED,
        }

    def add(self, counts: dict[str, int]) -> None:
        """Add to what was removed; the caller saves it."""
        total: dict[str, Any] = dict(self.removed)
        for name, count in counts.items():
            if count:
                total[name] = total.get(name, 0) + count
        self.removed = total
