"""A user's standing in a queue: what they can do, or else why not and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from annotations.models import Queue, Stage, State
from annotations.queues.assignments import held_back, holds, is_anything_left, may_work
from annotations.queues.people import DOING, may_do, stages_of, team_of
from annotations.queues.progress import Counts, Progress, counts_of, progress_of
from facsweb.accounts.permissions import may_decide

_ORDER = list(Stage)


@dataclass(frozen=True)
class Standing:
    """One stage, as it stands for one user. `why` is empty where `left` is true."""

    stage: Stage
    progress: Progress
    may_work: bool
    #: Whether they would be handed a face.
    left: bool
    why: str


def standings(queue: Queue, user: User, counts: Counts | None = None) -> list[Standing]:
    """Return the user's standing at every stage of the queue, in order."""
    counts = counts or counts_of(queue)
    return [_standing(queue, user, stage, counts) for stage in stages_of(queue)]


def _standing(queue: Queue, user: User, stage: Stage, counts: Counts) -> Standing:
    works = may_work(user, queue, stage)
    left = works and is_anything_left(queue, user, stage)
    why = "" if left else _why(queue, user, stage, counts, works=works)
    return Standing(stage, progress_of(queue, stage, user, counts), works, left, why)


def _why(queue: Queue, user: User, stage: Stage, counts: Counts, *, works: bool) -> str:
    if not queue.is_open:
        return "The queue is closed."
    if works:
        return (
            f"Nothing is left for you to {DOING[stage]}. {_waits_for(queue, user, stage, counts)}"
        )
    if not may_do(user, stage):
        return f"To {DOING[stage]} needs another role than yours."
    named = [each.get_username() for each in team_of(queue).get(stage, [])]
    return f"Named for it: {', '.join(named)}."


def _waits_for(queue: Queue, user: User, stage: Stage, counts: Counts) -> str:
    """Say what the stage waits for.

    Coders get no counts: those would tell how many gold faces wait for the others.
    """
    open_items = {key: count for key, count in counts.items.items() if key[1] != State.COMPLETED}
    here = {key: count for key, count in open_items.items() if key[0] == stage}
    earlier = _ORDER[: _ORDER.index(stage)]
    if not may_decide(user):
        return "Others are still at work." if here else "Everything is coded."
    told = []
    if count := sum(count for key, count in open_items.items() if key[0] in earlier):
        told.append(f"{_faces(count)} at an earlier stage")
    if count := holds(queue, stage).exclude(user=user).values("item").distinct().count():
        told.append(f"{_faces(count)} in others' hands")
    if count := held_back(queue, stage).count():
        told.append(f"{_faces(count)} whose subject doesn’t agree to labelling")
    waiting = sum(count for (*_, wanted, taken, _), count in here.items() if taken < wanted)
    # Of many faces, the first number may be older than the second.
    if (count := waiting - held_back(queue, stage).waiting(stage).count()) > 0:
        told.append(f"{_faces(count)} for somebody else, as you have had {_them(count)}")
    return f"It waits for {'; '.join(told)}." if told else "This stage is done."


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count:,} faces"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
