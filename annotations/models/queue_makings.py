"""Queues that a worker makes, as there are too many faces to put in order for a request."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from annotations.models.queues import Queue
from facsweb.jobs.models import Run


class QueueMaking(Run):
    """A run that makes a queue: whole, at its end, or not at all."""

    task, queue = "annotations.transfers.tasks.make_queue", "data"

    #: As annotations/queues/plans.py writes it; people and the model are ids.
    plan = models.JSONField()
    #: Of which faces, as annotations/codings/stored_query.py writes it.
    chosen = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    made = models.OneToOneField(
        Queue, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    @property
    def name(self) -> str:
        """The queue's name, as it was asked for."""
        return str(self.plan["name"])

    def __str__(self) -> str:
        return f"Queue making {self.pk}"
