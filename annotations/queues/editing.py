"""Changing a queue that is under way: its name, its people, whether it is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.models import Assignment, Queue, QueueMember, Stage, State
from annotations.queues.assignments import holds, release
from annotations.queues.errors import InvalidQueue, ShowsFaces
from annotations.queues.people import check_team, stages_of, team_of, workers_of
from annotations.queues.permissions import queue_policy
from annotations.queues.services import check_blind_team
from annotations.unveiling import coders_at_work, shown_by_leaving
from facsweb.audit.services import record


def edit_queue(
    user: User,
    queue: Queue,
    *,
    name: str | None = None,
    members: Mapping[str, Sequence[Any]] | None = None,
    is_open: bool | None = None,
    shows: int | None = None,
) -> dict[str, int]:
    """Change what is given; what is None stays as it is.

    A face in the hands of somebody who no longer works on its stage goes back to the others; what
    they have saved of it stays. Gold faces follow the coders.

    Parameters
    ----------
    shows
        The confirmed number of faces that closing a blind queue, or taking coders off it, would
        show them; needed only where there are any.

    Returns
    -------
    User name -> number of faces that went back.

    Raises
    ------
    Forbidden, InvalidQueue, ShowsFaces
        Nothing is written.
    """
    queue_policy.check(user, "change")
    try:
        with transaction.atomic():
            locked = Queue.objects.select_for_update().get(pk=queue.pk)
            faces = _shown_by(locked, members or {}, is_open)
            if name is not None:
                locked.name = name
            if is_open is not None:
                locked.is_open = is_open
            locked.save(update_fields=["name", "is_open"])
            went_back = _name_people(locked, members) if members else {}
            if faces and shows != faces:
                raise ShowsFaces(faces)
            record("queue.changed", user, queue, _told(locked, members or {}))
    except IntegrityError:
        raise InvalidQueue(
            f"There is a queue called “{name}” already.", {"name": ["Choose another name."]}
        ) from None
    queue.refresh_from_db()
    return went_back


def _told(queue: Queue, members: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return what the audit keeps: whose blindness the change touches, by users' ids."""
    named = {str(stage): sorted(user.pk for user in users) for stage, users in members.items()}
    return {"blind": queue.is_blind, "open": queue.is_open, "members": named}


def _shown_by(queue: Queue, members: Mapping[str, Sequence[Any]], is_open: bool | None) -> int:
    """Count the faces that the change would show to coders who haven't coded them yet."""
    coders = coders_at_work(queue)
    staying = {user.pk for user in members[Stage.CODING]} if Stage.CODING in members else coders
    return shown_by_leaving(queue, coders if is_open is False else coders - staying)


def _name_people(queue: Queue, members: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    former = team_of(queue)
    changed = {
        stage: list(users)
        for stage, users in members.items()
        if set(users) != set(former.get(stage, []))
    }
    if not changed:
        return {}
    team = {**former, **changed}
    if queue.is_blind:
        check_blind_team(team)
    check_team(team, queue.first_stage, queue.coders_per_face, changed, former)
    for stage, users in changed.items():
        named = queue.members.filter(stage=stage)
        named.exclude(user__in=users).delete()
        QueueMember.objects.bulk_create(
            QueueMember(queue=queue, user=user, stage=stage)
            for user in users
            if user not in former.get(stage, [])
        )
    went_back = _give_back(queue)
    if Stage.CODING in changed:
        _follow_coders(queue, changed[Stage.CODING])
    return went_back


def _give_back(queue: Queue) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for stage in stages_of(queue):
        able = [user.pk for user in workers_of(queue, stage)]
        left = holds(queue, stage).exclude(user__in=able)
        counts.update(left.values_list("user__username", flat=True))
        release(left)
    return dict(sorted(counts.items()))


def _follow_coders(queue: Queue, coders: Sequence[Any]) -> None:
    """Require each gold face of every coder who is named or has coded it already."""
    named = {user.pk for user in coders}
    for item in queue.items.filter(gold__isnull=False).select_for_update():
        had = Assignment.objects.filter(item=item, stage=Stage.CODING).exclude(state=State.RELEASED)
        states = dict(had.values_list("user", "state"))
        done = sum(state == State.COMPLETED for state in states.values())
        item.wanted, item.taken = len(named | states.keys()), len(states)
        if done >= item.wanted:
            item.state = State.COMPLETED
        elif item.state == State.COMPLETED:
            item.state = State.IN_PROGRESS
        item.save(update_fields=["wanted", "taken", "state"])
