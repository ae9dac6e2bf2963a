"""Making a queue: its faces, their order and their reasons, fixed once and for all."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.consent import Scope, subjects_left_out
from annotations.models import Coding, Queue, QueueItem, QueueMember, Stage, State
from annotations.models.face_querysets import FaceQuerySet
from annotations.queues.errors import InvalidQueue
from annotations.queues.gold import choose_gold
from annotations.queues.orders import Order, rank
from annotations.queues.people import Team, check_team, stages_from
from annotations.queues.permissions import queue_policy
from annotations.queues.plans import QueuePlan
from annotations.queues.reasons import Ranked
from annotations.queues.tables import Heard
from annotations.visibility import readable
from facsweb.audit.services import record
from facsweb.insert_rows import insert_rows

_GOLD_REASON = "Chosen for this queue."
_COLUMNS = ("face_id", "reason", "stage", "state", "wanted", "taken", "gold_id")


def make_queue(
    user: User,
    plan: QueuePlan,
    faces: FaceQuerySet,
    *,
    heard: Heard | None = None,
    then: Callable[[Queue], object] = lambda queue: None,
) -> Queue:
    """Rank `faces` and write the queue. Raises Forbidden, InvalidQueue.

    Faces of subjects whose consent isn't for labelling are left out. Where faces are chosen by
    readings, those that `user` codes blind are left out.

    Parameters
    ----------
    heard
        Hears of rows that were read, as `orders.rank` tells.
    then
        Called with the queue in the transaction that writes it.
    """
    team = check_plan(user, plan)
    gold, ranked = _choose(user, plan, faces, heard)
    try:
        with transaction.atomic():
            queue = _write(user, plan, team, gold, ranked)
            named = {str(stage): sorted(who.pk for who in team[stage]) for stage in team}
            record("queue.made", user, queue, {"blind": queue.is_blind, "members": named})
            then(queue)
            return queue
    except IntegrityError:
        raise name_is_taken(plan) from None


def check_plan(user: User, plan: QueuePlan) -> dict[str, list[Any]]:
    """Return who is named for each stage. Raises Forbidden, InvalidQueue."""
    queue_policy.check(user, "make")
    team = plan.team()
    _check(plan, team)
    return team


def name_is_taken(plan: QueuePlan) -> InvalidQueue:
    """Return what is told where another queue has the name."""
    return InvalidQueue(
        f"There is a queue called “{plan.name}” already.", {"name": ["Choose another name."]}
    )


def _choose(
    user: Any, plan: QueuePlan, faces: FaceQuerySet, heard: Heard | None
) -> tuple[Sequence[Coding], Sequence[Ranked]]:
    """Return the truths of the gold faces, and the other faces in order. Raises InvalidQueue."""
    faces = faces.exclude(subject__in=subjects_left_out(Scope.LABELLING))
    if plan.order != Order.RANDOM or plan.gold_faces:
        faces = readable(faces, user)  # else being chosen would tell a blind reviewer of readings
    gold = choose_gold(faces, plan.gold_faces, plan.seed) if plan.gold_faces else []
    if len(gold) < plan.gold_faces:
        raise InvalidQueue(
            f"Only {len(gold)} faces have a ground truth that can serve as gold.",
            {"gold_faces": [f"At most {len(gold)}."]},
        )
    rest = faces.exclude(pk__in=[truth.face_id for truth in gold])
    ranked = rank(
        plan.order, rest, coder=plan.model, target=plan.target, seed=plan.seed, heard=heard
    )
    if not ranked[: plan.limit]:
        raise InvalidQueue("No face fits this order, so there is nothing to queue.")
    return gold, ranked[: plan.limit]


def _write(
    user: Any, plan: QueuePlan, team: Team, gold: Sequence[Coding], ranked: Sequence[Ranked]
) -> Queue:
    """Write the queue, its people and its faces in the caller's transaction."""
    queue = Queue.objects.create(
        name=plan.name,
        order=plan.order,
        target=plan.target,
        seed=plan.seed,
        model=plan.model,
        first_stage=plan.first_stage,
        coders_per_face=plan.coders_per_face,
        is_blind=plan.is_blind,
        created_by=user,
    )
    QueueMember.objects.bulk_create(
        QueueMember(queue=queue, user=member, stage=stage)
        for stage in stages_from(plan.first_stage)
        for member in team[stage]
    )
    items = _items(plan, ranked, gold, coders=len(team.get(Stage.CODING, [])))
    rows = ((queue.pk, position, *item) for position, item in enumerate(items, start=1))
    insert_rows(QueueItem, ("queue_id", "position", *_COLUMNS), rows)
    return queue


def _check(plan: QueuePlan, team: Mapping[str, Sequence[Any]]) -> None:
    codes = plan.first_stage == Stage.CODING
    if not codes and (plan.coders_per_face > 1 or plan.is_blind or plan.gold_faces):
        raise InvalidQueue(
            "Several coders a face, blind coding and gold faces need a queue that begins with "
            "coding.",
            {"first_stage": ["Let it begin with coding."]},
        )
    if plan.is_blind or plan.gold_faces:
        check_blind_team(team)
    if plan.gold_faces and not plan.is_blind:
        raise InvalidQueue(
            "Gold faces are hidden only where coding is blind.", {"is_blind": ["Tick it too."]}
        )
    check_team(team, plan.first_stage, plan.coders_per_face, team)


def check_blind_team(team: Mapping[str, Sequence[Any]]) -> None:
    """Check that the coders are named. Raises InvalidQueue."""
    if not team.get(Stage.CODING):
        raise InvalidQueue(
            "Name the coders: blind coding and gold faces are about them.",
            {"members.coding": ["Name at least one."]},
        )


def _items(
    plan: QueuePlan, ranked: Sequence[Ranked], gold: Sequence[Coding], *, coders: int
) -> list[tuple[int | str | None, ...]]:
    """Return the queue's faces in their order, as rows of `_COLUMNS`."""
    stage, wanted, state = str(plan.first_stage), plan.coders_per_face, str(State.NEW)
    items: list[tuple[int | str | None, ...]] = [
        (each.face_id, each.reason[:300], stage, state, wanted, 0, None) for each in ranked
    ]
    draw = random.Random(plan.seed)  # noqa: S311 - to be repeated, no secret
    for truth in gold:
        item = (truth.face_id, _GOLD_REASON, str(Stage.CODING), state, coders, 0, truth.pk)
        items.insert(draw.randrange(len(items) + 1), item)
    return items
