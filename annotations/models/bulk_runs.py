"""Bulk actions that a worker carries out or undoes, as there are too many faces for a request."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from annotations.models.reviews import BulkAction
from facsweb.jobs.models import Run


class BulkRun(Run):
    """A run that carries a bulk action out, or undoes one, some hundred faces at a time.

    Each part is written whole or not at all. Where the run ends early, what it did stays, and the
    row says how much that is; tried again, it goes on there.
    """

    task, queue = "annotations.transfers.tasks.decide_in_bulk", "data"

    action = models.ForeignKey(BulkAction, on_delete=models.PROTECT, related_name="runs")
    undoes = models.BooleanField(default=False)
    #: The last face that it is through with; of an undo, the last decision. By id.
    through = models.PositiveBigIntegerField(default=0)
    #: Faces whose truth it changed, or restored.
    changed = models.PositiveIntegerField(default=0)
    #: Of an undo: faces on which somebody decided since, which stay as they are.
    kept = models.PositiveIntegerField(default=0)

    class Meta(Run.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["action"],
                condition=Q(status__in=["queued", "running"]),
                name="one_run_of_an_action_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Bulk run {self.pk}"
