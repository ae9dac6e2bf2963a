"""Obstacles to a queue, for the person who made it: what is in the way, and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotations.models import Assignment, Queue, Stage, State
from annotations.queues.assignments import holds
from annotations.queues.people import DOING, able, may_do, stages_of, team_of

_ORDER = list(Stage)


@dataclass(frozen=True)
class Obstacle:
    """One obstacle; `stage` is where faces wait or will wait."""

    stage: str
    text: str


def problems_of(queue: Queue) -> list[Obstacle]:
    """Return what keeps faces from moving on, or will; nothing for a closed or finished queue."""
    if not queue.is_open or not queue.items.exclude(state=State.COMPLETED).exists():
        return []
    team = team_of(queue)
    found: list[Obstacle] = []
    for stage in stages_of(queue):
        until = _ORDER[: _ORDER.index(stage) + 1]
        to_come = queue.items.filter(stage__in=until).exclude(state=State.COMPLETED)
        if stage != Stage.CODING:
            to_come = to_come.filter(gold=None)  # those end with their coding
        if not to_come.exists():
            continue
        workers = able(team.get(stage, []), stage)
        found += [Obstacle(stage, text) for text in _absent(stage, team.get(stage, []))]
        if not workers:
            found.append(Obstacle(stage, f"Nobody can {DOING[stage]}. {_remedy(stage)}"))
        else:
            found += [Obstacle(stage, text) for text in _waiting(queue, stage, workers)]
    return found + _to_come(queue, team)


def _absent(stage: Stage, named: Sequence[Any]) -> list[str]:
    told = []
    for user in named:
        if not user.is_active:
            told.append(
                f"{user.get_username()} is named to {DOING[stage]}, but is deactivated. Take them "
                "off and name somebody else, or let an admin activate them."
            )
        elif not may_do(user, stage):
            told.append(
                f"{user.get_username()} is named to {DOING[stage]}, but no longer has the role. "
                "Take them off and name somebody else, or let an admin give it back."
            )
    return told


def _waiting(queue: Queue, stage: Stage, workers: Sequence[Any]) -> list[str]:
    """Describe the faces at `stage` for which too few people are left who have not had them."""
    hands = {user.pk for user in workers}
    if stage == Stage.CODING:
        # A face that nobody has taken can go to all of them.
        fresh = queue.items.filter(stage=stage, state=State.NEW)
        short = fresh.filter(gold=None, wanted__gt=len(hands)).count()
        gold = fresh.filter(gold__isnull=False, wanted__gt=len(hands)).count()
        begun = queue.items.filter(stage=stage).exclude(state__in=[State.NEW, State.COMPLETED])
    else:
        short = gold = 0
        begun = queue.items.filter(stage=stage).exclude(state=State.COMPLETED)
    had, freed = _had(queue, stage, hands)
    for item, wanted, taken, is_gold in begun.values_list("pk", "wanted", "taken", "gold"):
        lacking = wanted - taken + freed[item]
        if lacking > len(hands - had[item]):
            short, gold = short + (is_gold is None), gold + (is_gold is not None)
    told = []
    if short and stage == Stage.CODING:
        told.append(
            f"{_faces(short)} wait{_s(short)} for more coders than there are: {len(hands)} can "
            f"code, {queue.coders_per_face} a face are asked for. {_remedy(stage)}"
        )
    elif short:
        told.append(
            f"{_faces(short)} can't go on: whoever may {DOING[stage]} coded {_them(short)}. "
            f"{_remedy(stage)}"
        )
    if gold:
        told.append(
            f"{_faces(gold)} with a known truth wait{_s(gold)} for every coder who is named. Take "
            "those who can't code off the coders."
        )
    return told


def _had(queue: Queue, stage: Stage, hands: set[int]) -> tuple[dict[int, set[int]], dict[int, int]]:
    """Return (item -> who can't be handed it, item -> holds that come free) at `stage`."""
    had: dict[int, set[int]] = defaultdict(set)
    freed: dict[int, int] = defaultdict(int)
    counting = {stage, Stage.CODING}
    rows = Assignment.objects.filter(item__queue=queue, item__stage=stage, stage__in=counting)
    for item, user in rows.values_list("item", "user"):
        had[item].add(user)
    for item in holds(queue, stage).exclude(user__in=hands).values_list("item", flat=True):
        freed[item] += 1
    return had, freed


def _to_come(queue: Queue, team: Mapping[str, list[Any]]) -> list[Obstacle]:
    """Warn of reviewers who also code: nobody can judge what they code if there are no others."""
    coding = queue.items.filter(stage=Stage.CODING, gold=None).exclude(state=State.COMPLETED)
    if queue.first_stage != Stage.CODING or not coding.exists():
        return []
    coders = {user.pk for user in able(team.get(Stage.CODING, []), Stage.CODING)}
    told = []
    for stage in (Stage.VALIDATION, Stage.ACCEPTANCE):
        judges = able(team.get(stage, []), stage)
        alone = judges and len(judges) <= queue.coders_per_face
        if alone and coders.issuperset(user.pk for user in judges):
            names = " and ".join(user.get_username() for user in judges)
            told.append(
                Obstacle(
                    stage,
                    f"Only {names} can {DOING[stage]}, and codes too: what {names} codes will "
                    f"wait. Take them off coding, or name another reviewer to {DOING[stage]}.",
                )
            )
    return told


def _remedy(stage: Stage) -> str:
    who = "coders" if stage == Stage.CODING else "another reviewer"
    return f"Edit the queue and name {who}."


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count:,} faces"


def _s(count: int) -> str:
    return "s" if count == 1 else ""


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
