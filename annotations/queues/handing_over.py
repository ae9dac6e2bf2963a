"""Handing somebody's work over: what they hold, and their places in queues, to one other person."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from annotations.models import Assignment, Queue, QueueMember, Review, Stage, State
from annotations.queues.assignments import OPEN_STATES, release
from annotations.queues.editing import edit_queue
from annotations.queues.errors import InvalidQueue
from annotations.queues.people import DOING, may_do, team_of
from facsweb.accounts.permissions import person_policy
from facsweb.audit.services import record


@dataclass(frozen=True)
class HandedOver:
    """The numbers of faces that changed hands and that went back to all, and queues' names."""

    faces: int
    freed: int
    queues: list[str]


def held_by(person: User) -> QuerySet[Assignment]:
    """Return the assignments that are in somebody's hands, in queues that are open."""
    return Assignment.objects.filter(
        user=person, state__in=OPEN_STATES, stage=F("item__stage"), item__queue__is_open=True
    )


def in_need_of(person: User) -> str:
    """Warn of the open queues that count on somebody who can't work there any more, if any do."""
    now = get_user_model().objects.get(pk=person.pk)  # without the roles that it remembers
    named = QueueMember.objects.filter(user=now, queue__is_open=True).select_related("queue")
    waiting = sorted({member.queue.name for member in named if not may_do(now, member.stage)})
    if not waiting:
        return ""
    names = ", ".join(f"“{name}”" for name in waiting)
    return f"{now.get_username()} is named in {names}: hand the work over, or edit who works there."


def hand_over(by: User, person: User, to: User) -> HandedOver:
    """Give `to` the faces that `person` holds, and their places in open queues.

    What `person` has saved stays theirs. A face that `to` can't take, having had it before or
    having coded what is to be judged, goes back to the others of its stage.

    Raises
    ------
    Forbidden
    InvalidQueue
        `to` may not do that work, or a queue would lack people; nothing is changed.
    ShowsFaces
        `person` is still active and would be shown faces of a blind queue.
    """
    person_policy.check(by, "change", person)
    if to.pk == person.pk:
        raise InvalidQueue("Choose somebody else to hand the work to.")
    with transaction.atomic():
        queues = _places(person, to)
        held = held_by(person)
        unable = {
            stage for stage in held.values_list("stage", flat=True).distinct()
            if not may_do(to, stage)
        }  # fmt: skip
        if unable:
            what = " or ".join(DOING[Stage(stage)] for stage in sorted(unable))
            raise InvalidQueue(f"{to.get_username()} may not {what}. Choose somebody who may.")
        freed = release(held.filter(Exists(_had_by(to))))
        moved = [_give(assignment, to) for assignment in held.select_for_update(of=("self",))]
        for queue, members in queues:
            edit_queue(by, queue, members=members)
        handed = HandedOver(len(moved), freed, [queue.name for queue, _ in queues])
        details = {"to": to.pk, "faces": handed.faces, "freed": freed, "queues": len(queues)}
        record("user.work_handed_over", by, person, details)
    return handed


def _places(person: User, to: User) -> list[tuple[Queue, dict[str, list[User]]]]:
    """Return each open queue that names `person`, with its people after the change."""
    named = Queue.objects.filter(is_open=True, members__user=person).distinct().order_by("pk")
    changed = []
    for queue in named:
        members = {}
        for stage, people in team_of(queue).items():
            if person in people:
                others = [each for each in people if each not in (person, to)]
                members[stage] = [*others, to]
        changed.append((queue, members))
    return changed


def _had_by(user: User) -> QuerySet[Assignment]:
    """Return what keeps `user` from taking the outer query's assignment: see `_had` there."""
    stages = [OuterRef("stage"), Stage.CODING]
    return Assignment.objects.filter(item=OuterRef("item"), user=user, stage__in=stages)


def _give(assignment: Assignment, to: User) -> int:
    """Put an assignment into other hands; one that was worked on stays as history."""
    if not Review.objects.filter(assignment=assignment).exists():
        assignment.user, assignment.skipped_at = to, None
        assignment.save(update_fields=["user", "skipped_at"])
        return assignment.pk
    assignment.state = State.RELEASED
    assignment.save(update_fields=["state"])
    return Assignment.objects.create(
        item=assignment.item, stage=assignment.stage, user=to, note=assignment.note
    ).pk
