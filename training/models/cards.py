"""Notes that people add to model cards and data sheets."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from facsweb.problems import AppendOnly
from inference.models import ModelVersion

LONGEST_NOTE = 2000
_WRITTEN_ONCE = "A note is written once; add another that corrects it."


class CardNoteQuerySet(models.QuerySet["CardNote"]):
    def update(self, **values: Any) -> int:
        raise AppendOnly(_WRITTEN_ONCE)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly(_WRITTEN_ONCE)


class CardNote(models.Model):
    """A person’s words on a model card or a data sheet: signed, dated, written once."""

    #: Of a model card; null: of a data sheet.
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="card_notes"
    )
    #: Of a data sheet: any training on the same data shows it.
    run = models.ForeignKey(
        "training.TrainingRun",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sheet_notes",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    text = models.TextField(max_length=LONGEST_NOTE)

    objects = CardNoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(version__isnull=False, run__isnull=True)
                | Q(version__isnull=True, run__isnull=False),
                name="note_is_of_a_card_or_a_sheet",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="note_says_something"),
        ]

    def __str__(self) -> str:
        return f"Note {self.pk} by {self.author}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(_WRITTEN_ONCE)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly(_WRITTEN_ONCE)
