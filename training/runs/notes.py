"""Notes that people write on trainings: dated, signed, never changed."""

from __future__ import annotations

from django.contrib.auth.models import User

from facsweb.problems import Problem
from training.models import LONGEST_NOTE, RunNote, TrainingRun
from training.permissions import training_policy


class InvalidNote(Problem):
    code = "invalid_note"


def add_note(run: TrainingRun, user: User, text: str) -> RunNote:
    """Add a note to a run, in any state.

    Parameters
    ----------
    text
        1 to LONGEST_NOTE characters.

    Raises
    ------
    Forbidden
    InvalidNote
    """
    training_policy.check(user, "note")
    return RunNote.objects.create(run=run, author=user, text=checked_text(text))


def checked_text(text: str) -> str:
    """Return the text of a note as it is kept. Raises InvalidNote."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidNote("Write something: the note is empty.", {"text": ["Write something."]})
    if len(text) > LONGEST_NOTE or "\0" in text:
        reason = f"A note is text of at most {LONGEST_NOTE} characters."
        raise InvalidNote(reason, {"text": [reason]})
    return text
