"""Obstacles to a queue, for the person who made it: what is in the way, and what to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import F

from annotations.models import Queue, Stage, State
from annotations.queues.assignments import holds
from annotations.queues.people import DOING, able, may_do, stages_of, team_of
from annotations.queues.progress import Counts, counts_of

_ORDER = list(Stage)


@dataclass(frozen=True)
class Obstacle:
    """One obstacle; `stage` is where faces wait or will wait."""

    stage: str
    text: str


def problems_of(queue: Queue, counts: Counts | None = None) -> list[Obstacle]:
    """Return what keeps faces from moving on, or will; nothing for a closed or finished queue."""
    if not queue.is_open:
        return []
    counts = counts or counts_of(queue)
    waiting = {key[0::4] for key in counts.items if key[1] != State.COMPLETED}  # stage, is gold
    if not waiting:
        return []
    team = team_of(queue)
    found: list[Obstacle] = []
    for stage in stages_of(queue):
        until = _ORDER[: _ORDER.index(stage) + 1]
        # Gold faces end with their coding.
        if not any(at in until and (stage == Stage.CODING or not gold) for at, gold in waiting):
            continue
        workers = able(team.get(stage, []), stage)
        found += [Obstacle(stage, text) for text in _absent(stage, team.get(stage, []))]
        if not workers:
            found.append(Obstacle(stage, f"Nobody can {DOING[stage]}. {_remedy(stage)}"))
        else:
            found += [Obstacle(stage, text) for text in _waiting(queue, stage, workers, counts)]
    return found + _to_come(queue, team, counts)


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


def _waiting(queue: Queue, stage: Stage, workers: Sequence[Any], counts: Counts) -> list[str]:
    """Describe the faces at `stage` for which too few people are left who have not had them."""
    hands = {user.pk for user in workers}
    short = gold = 0
    if stage == Stage.CODING:
        # A face that nobody has taken can go to all of them.
        for (at, state, wanted, _, is_gold), count in counts.items.items():
            if at == stage and state == State.NEW and wanted > len(hands):
                short, gold = short + count * (not is_gold), gold + count * is_gold
    had, freed = _had(queue, stage, hands)
    begun = _begun_that_may_lack(queue, stage, hands, counts, outsiders=bool(freed))
    for item, wanted, taken, truth in begun:
        lacking = wanted - taken + freed[item]
        if lacking > len(hands - had(item)):
            short, gold = short + (truth is None), gold + (truth is not None)
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


def _begun_that_may_lack(
    queue: Queue, stage: Stage, hands: set[int], counts: Counts, *, outsiders: bool
) -> list[tuple[int, int, int, int | None]]:
    """Return the begun items at `stage` of which as many people may be lacking as have had them.

    An item that lacks n people is short of them only if all but fewer than n hands have had it, so
    one of any n hands has: it is enough to look through those that the n idlest hands have had. Of
    a hundred thousand faces these are few or none, unless there are as many hands as are wanted.

    Returns
    -------
    list of tuple
        Each item's id, how many people it wants and how many have it, and its gold coding's id.
    """
    at_rest = {State.COMPLETED, State.NEW} if stage == Stage.CODING else {State.COMPLETED}
    begun = [key for key in counts.items if key[0] == stage and key[1] not in at_rest]
    most = max((key[2] if outsiders else key[2] - key[3] for key in begun), default=0)
    if not most:
        return []
    items = queue.items.filter(stage=stage).exclude(state__in=at_rest)
    if not outsiders:
        items = items.filter(taken__lt=F("wanted"))
    if most <= len(hands):
        busy = Counter(
            {
                who: sum(
                    count
                    for (at, _, user), count in counts.assignments.items()
                    if user == who and at in {stage, Stage.CODING}
                )
                for who in hands
            }
        )
        idlest = [who for who, count in busy.most_common()[-most:] if count]
        if not idlest:
            return []
        had = queue.assignments.filter(user__in=idlest, stage__in={stage, Stage.CODING})
        items = items.filter(pk__in=had.order_by().values("item"))
    return list(items.order_by().values_list("pk", "wanted", "taken", "gold"))


def _had(
    queue: Queue, stage: Stage, hands: set[int]
) -> tuple[Callable[[int], set[int]], dict[int, int]]:
    """Return (item -> who can't be handed it), and (item -> holds that come free) at `stage`."""
    freed: dict[int, int] = defaultdict(int)
    for item in holds(queue, stage).exclude(user__in=hands).values_list("item", flat=True):
        freed[item] += 1

    @cache
    def everything() -> dict[int, set[int]]:
        """Read who had what, once an item is looked at."""
        had: dict[int, set[int]] = defaultdict(set)
        rows = queue.assignments.filter(item__stage=stage, stage__in={stage, Stage.CODING})
        for item, user in rows.order_by().values_list("item", "user"):
            had[item].add(user)
        return had

    return lambda item: everything()[item], freed


def _to_come(queue: Queue, team: Mapping[str, list[Any]], counts: Counts) -> list[Obstacle]:
    """Warn of reviewers who also code: nobody can judge what they code if there are no others."""
    coding = any(
        at == Stage.CODING and state != State.COMPLETED and not gold
        for at, state, _, _, gold in counts.items
    )
    if queue.first_stage != Stage.CODING or not coding:
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
