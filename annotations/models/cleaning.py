"""Removing metadata from pictures that were stored before this was done at the door."""

from django.db import models

from facsweb.jobs.models import Run


class PictureCleaning(Run):
    """A run through stored pictures that leaves nothing in their files but pixels.

    An upgrade asks for one. It does what is still to be done, so that a second finds nothing.
    """

    task, queue = "annotations.transfers.tasks.clean_pictures", "data"

    #: Counts of pictures, and the names of those that couldn't be read.
    outcome = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Picture cleaning {self.pk}"
