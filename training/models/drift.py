"""Checks of whether new faces drift away from those that a model learnt from."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from facsweb.jobs.models import Run
from inference.models import ModelVersion
from training.ml.drift_figures import Drift


class DriftCheck(Run):
    """A comparison of faces that a version didn't learn from with those that it did."""

    task, queue = "training.tasks.check_drift", "data"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="drift_checks")
    #: The new faces: uploaded in that time, and the last so many of them; null: all.
    uploaded_from = models.DateTimeField(null=True, blank=True)
    uploaded_until = models.DateTimeField(null=True, blank=True)
    last = models.PositiveIntegerField(null=True, blank=True)
    #: When the first and the last of the new faces were uploaded; null without any.
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    #: As training/ml/drift_figures.py writes it; read it by `found`.
    result = models.JSONField(null=True, blank=True)

    class Meta(Run.Meta):
        # The app's name for it: other modules hold models of this app too.
        app_label = "training"

    def __str__(self) -> str:
        return f"Drift check {self.pk}"

    @property
    def found(self) -> Drift | None:
        """The outcome, also as an older version of the product wrote it; None without any."""
        return Drift.from_json(self.result) if self.result else None

    @property
    def range(self) -> tuple[datetime, datetime] | None:
        """The times at which the first and the last of the new faces were uploaded."""
        return (self.first_at, self.last_at) if self.first_at and self.last_at else None
