"""Reports of agreement that a worker made, as there are too many codings for a request."""

from __future__ import annotations

from django.db import models

from facsweb.jobs.models import Run


class AgreementReport(Run):
    """A run that works out how coders agree. Its figures name nobody: coders are ids in them."""

    task, queue = "annotations.transfers.tasks.report_agreement", "data"

    #: Ids of the coders, ascending; empty: all people, whoever has coded by then.
    coders = models.JSONField(default=list, blank=True)
    blind_only = models.BooleanField(default=False)
    #: What the codings were that it read: see annotations/agreement/state.py.
    state = models.JSONField(default=dict, blank=True)
    #: As annotations/agreement/stored.py writes it; null until it has succeeded, where a newer
    #: report has taken its place, and where a subject of its faces has withdrawn.
    figures = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Agreement report {self.pk}"
