"""Adding and reading notes on cards and data sheets."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet

from inference.models import ModelVersion
from training.cards.document import Note
from training.cards.permissions import note_policy
from training.models import CardNote, TrainingRun
from training.runs.notes import checked_text


def add_note(about: ModelVersion | TrainingRun, user: User, text: str) -> CardNote:
    """Add a note to a model's card, or to the data sheet of a training.

    Parameters
    ----------
    text
        1 to LONGEST_NOTE characters.

    Raises
    ------
    Forbidden
    InvalidNote
    """
    note_policy.check(user, "add")
    text = checked_text(text)
    if isinstance(about, ModelVersion):
        return CardNote.objects.create(version=about, author=user, text=text)
    return CardNote.objects.create(run=about, author=user, text=text)


def notes_on(about: ModelVersion | TrainingRun) -> tuple[Note, ...]:
    """Return the notes of a card, or of the data sheets on the same data, the oldest first."""
    notes: QuerySet[CardNote] = CardNote.objects.select_related("author")
    if isinstance(about, ModelVersion):
        notes = notes.filter(version=about)
    elif about.dataset_sha256:
        notes = notes.filter(run__dataset_sha256=about.dataset_sha256)
    else:
        notes = notes.filter(run=about)
    return tuple(map(as_value, notes))


def as_value(note: CardNote) -> Note:
    """Return a stored note as a document holds it."""
    return Note(note.author.get_username(), note.written_at, note.text)
