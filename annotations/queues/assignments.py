"""Handing out faces: never twice to the same person, nor to more people than the stage wants.

A row lock (PostgreSQL, `SKIP LOCKED`) or the write lock of SQLite's IMMEDIATE transactions ensures
that two people who ask at once get two faces; constraints in the database enforce it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.consent import Scope, subjects_left_out
from annotations.models import Assignment, Face, Queue, QueueItem, Review, Stage, State
from annotations.models.in_turn import in_turn
from annotations.models.querysets import QueueItemQuerySet
from annotations.queues.errors import InvalidQueue
from annotations.queues.people import may_do, stages_of, workers_of
from annotations.visibility import hides_queue, is_blind_to, look_at
from facsweb.problems import Forbidden

#: A face that somebody took and left is handed to others after this long.
HELD_FOR = timedelta(hours=12)
OPEN_STATES = (State.IN_PROGRESS, State.REJECTED)


def may_work(user: User, queue: Queue, stage: str) -> bool:
    return (
        stage in stages_of(queue)
        and may_do(user, stage)
        and Queue.objects.open_to(user, stage).filter(pk=queue.pk).exists()
    )


def take_next(
    queue: Queue, user: User, stage: str, *, besides: Iterable[int] = ()
) -> Assignment | None:
    """Return the assignment that `user` should work on next, or None when nothing is left.

    What they hold already comes first, then a new face, and last what they skipped. `besides` are
    ids of faces that they have on the screen, or that are being saved. Raises Forbidden.
    """
    if not may_work(user, queue, stage):
        raise Forbidden(f"You don't work on the {stage} stage of “{queue}”.")
    held = _own_hands(queue, user, stage).exclude(item__face__in=list(besides))
    with transaction.atomic():
        first = held.filter(skipped_at=None).order_by("item__position").first()
        if first is not None:
            return first
        item = _free(queue, user, stage)
        if item is None and _release(queue, stage):
            item = _free(queue, user, stage)
        if item is None:
            return held.order_by("skipped_at").first()
        QueueItem.objects.filter(pk=item.pk).update(taken=F("taken") + 1, state=State.IN_PROGRESS)
        return Assignment.objects.create(item=item, stage=stage, user=user)


def open_assignment(user: User, face: Face, queue_id: int | None) -> Assignment | None:
    """Return the assignment that `user` has for `face` in that queue, if it is still open."""
    if queue_id is None:
        return None
    return (
        Assignment.objects.select_related("item__queue")
        .filter(item__queue=queue_id, item__face=face, user=user, state__in=OPEN_STATES)
        .filter(stage=F("item__stage"))
        .first()
    )


def own_assignment(user: User, face: Face, pk: int | None) -> Assignment | None:
    """Return the user's own open assignment of that id, for that face. Raises InvalidQueue."""
    if pk is None:
        return None
    open_ones = Assignment.objects.select_related("item__queue").filter(
        user=user, item__face=face, state__in=OPEN_STATES, stage=F("item__stage")
    )
    found = open_ones.filter(pk=pk).first()
    if found is None:
        message = "You hold no open assignment of that id with this face."
        raise InvalidQueue(message, {"assignment": [message]})
    return found


def reason_for(user: User, assignment: Assignment) -> str:
    """Return why the queue has this face; blank where that would tell a blind coder something."""
    item = assignment.item
    if hides_queue(user, item.queue) or is_blind_to(user, item.face):
        return ""
    look_at(user, [item.face_id])  # reasons tell what truth and model say
    return item.reason


def skip(assignment: Assignment) -> None:
    """Put the face off: it comes again when there is nothing else."""
    assignment.skipped_at = timezone.now()
    assignment.save(update_fields=["skipped_at"])


def holds(queue: Queue, stage: str) -> QuerySet[Assignment]:
    """Return the assignments that are in people's hands at `stage`."""
    # Not by a join: databases then begin with the items, of which there are many more.
    here = QueueItem.objects.filter(pk=OuterRef("item"), stage=stage)
    return queue.assignments.filter(
        Exists(here), stage=stage, state__in=OPEN_STATES, finished_at=None
    )


def is_anything_left(queue: Queue, user: User, stage: str) -> bool:
    """Tell whether `take_next` would hand a face to `user`, who may work there."""
    if _own_hands(queue, user, stage).exists() or _open_to(queue, user, stage).exists():
        return True
    left = queue.items.filter(pk__in=abandoned(queue, stage).values("item"))
    left = left.exclude(face__subject__in=subjects_left_out(Scope.LABELLING))
    return left.exclude(Exists(_had(user, stage))).exists()


def held_back(queue: Queue, stage: str) -> QueueItemQuerySet:
    """Return the items at `stage` that wait for a consent, which was taken back or has ended.

    Queues are made without such faces, but last; they are handed out again by a new yes.
    """
    refusing = subjects_left_out(Scope.LABELLING)
    here = queue.items.filter(stage=stage, face__subject__in=refusing)
    left: QueueItemQuerySet = here.exclude(state=State.COMPLETED)
    return left


def _own_hands(queue: Queue, user: User, stage: str) -> QuerySet[Assignment]:
    """Return what `user` holds at `stage` and may go on with."""
    refusing = subjects_left_out(Scope.LABELLING)
    held = holds(queue, stage).filter(user=user)
    return held.exclude(item__face__subject__in=refusing)


def _had(user: User, stage: str) -> QuerySet[Assignment]:
    """Return assignments that keep `user` from being handed the outer query's item at `stage`."""
    had = Assignment.objects.filter(item=OuterRef("pk"), user=user)
    if stage == Stage.CODING:
        return had.filter(stage=stage)
    # Nobody validates or accepts what they coded themselves.
    return had.filter(stage__in=[stage, Stage.CODING])


def _open_to(queue: Queue, user: User, stage: str) -> QuerySet[QueueItem]:
    waiting = queue.items.waiting(stage).exclude(Exists(in_turn(_had(user, stage))))
    agreed = waiting.exclude(face__subject__in=subjects_left_out(Scope.LABELLING))
    return agreed.order_by("position")


def _free(queue: Queue, user: User, stage: str) -> QueueItem | None:
    waiting = _open_to(queue, user, stage)
    if connection.features.has_select_for_update_skip_locked:
        # Past faces that others are being handed; if that leaves none, wait for those.
        unlocked = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        return unlocked or waiting.select_for_update(of=("self",)).first()
    return waiting.first()  # SQLite: the transaction holds the only write lock


def abandoned(queue: Queue, stage: str) -> QuerySet[Assignment]:
    """Return the assignments of people who can't work here any more, or took the face long ago.

    What was skipped or returned stays with its owner if they can still work on it.
    """
    long_ago = Q(
        state=State.IN_PROGRESS, skipped_at=None, started_at__lt=timezone.now() - HELD_FOR
    ) & ~Exists(_reviews())
    able = [user.pk for user in workers_of(queue, stage)]
    return holds(queue, stage).filter(long_ago | ~Q(user__in=able))


def _release(queue: Queue, stage: str) -> int:
    return release(abandoned(queue, stage))


def release(left: QuerySet[Assignment]) -> int:
    """Free these faces for others and return how many; what was said of them stays."""
    worked_on = set(left.filter(Exists(_reviews())).values_list("pk", flat=True))
    released = 0
    for assignment in left.select_for_update(of=("self",)):
        QueueItem.objects.filter(pk=assignment.item_id).update(taken=F("taken") - 1)
        if assignment.pk in worked_on:
            assignment.state = State.RELEASED
            assignment.save(update_fields=["state"])
        else:
            assignment.delete()
        released += 1
    return released


def _reviews() -> QuerySet[Review]:
    return Review.objects.filter(assignment=OuterRef("pk"))
