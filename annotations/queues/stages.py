"""Moves of a face through a queue: coding, validation, acceptance; and back.

Callers hold the lock of the face (`faces.services.lock_face`), so that two people who finish at
the same moment are handled one after the other.
"""

from __future__ import annotations

from django.utils import timezone

from annotations.models import Assignment, QueueItem, Stage, State
from annotations.problems import StaleCoding

_ORDER = list(Stage)


def complete(assignment: Assignment) -> None:
    """Complete the user's part; the face moves on when everybody has done theirs."""
    assignment.state, assignment.finished_at = State.COMPLETED, timezone.now()
    assignment.skipped_at, assignment.note = None, ""
    assignment.save(update_fields=["state", "finished_at", "skipped_at", "note"])
    item = QueueItem.objects.select_for_update().get(pk=assignment.item_id)
    if _done(item) < item.wanted:
        return
    if item.gold_id or item.stage == Stage.ACCEPTANCE:
        item.state = State.COMPLETED
        item.save(update_fields=["state"])
    else:
        _enter(item, _ORDER[_ORDER.index(Stage(item.stage)) + 1])


def send_back(assignment: Assignment, note: str) -> None:
    """Send the face back to its coders; the reviewer gets it again when they have looked again."""
    _save(assignment, State.REJECTED)
    item = assignment.item
    coders = item.assignments.filter(stage=Stage.CODING).exclude(state=State.RELEASED)
    coders.update(state=State.REJECTED, note=note, finished_at=None, skipped_at=None)
    item.stage, item.state = Stage.CODING, State.REJECTED
    item.wanted = item.taken = coders.count()
    item.save(update_fields=["stage", "state", "wanted", "taken"])


def reopen(assignment: Assignment) -> None:
    """Reopen an assignment whose work was undone, for the user to do again.

    Raises StaleCoding where the next stage has begun.
    """
    item = QueueItem.objects.select_for_update().get(pk=assignment.item_id)
    if item.stage != assignment.stage:
        if item.taken:
            raise StaleCoding("A reviewer has begun to look at it, so it can't be undone.")
        item.stage = assignment.stage
        standing = item.assignments.filter(stage=item.stage).exclude(state=State.RELEASED)
        item.wanted = item.taken = standing.count()
    item.state = State.IN_PROGRESS
    item.save(update_fields=["stage", "state", "wanted", "taken"])
    _save(assignment, State.IN_PROGRESS)


def _enter(item: QueueItem, stage: Stage) -> None:
    """Move an item to `stage`: to the reviewer who had sent it back, or else to wait for one."""
    item.stage, item.wanted = stage, 1
    returned = item.assignments.filter(stage=stage, state=State.REJECTED).first()
    if returned is not None:
        _save(returned, State.IN_PROGRESS)
    item.taken = int(returned is not None)
    item.state = State.IN_PROGRESS if returned else State.NEW
    item.save(update_fields=["stage", "state", "wanted", "taken"])


def _save(assignment: Assignment, state: State) -> None:
    assignment.state, assignment.finished_at = state, None
    assignment.save(update_fields=["state", "finished_at"])


def _done(item: QueueItem) -> int:
    return item.assignments.filter(stage=item.stage, state=State.COMPLETED).count()
