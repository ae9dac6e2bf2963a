"""People who work on each stage of a queue: those who are named, else all who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotations.models import Queue, Stage
from annotations.queues.errors import InvalidQueue
from facsweb.accounts.permissions import (
    QUEUE_CODER,
    REVIEWER,
    holders_of,
    may_decide,
    may_see_faces,
)

#: Stage -> the people who are named for it.
Team = Mapping[str, Sequence[Any]]

DOING = {Stage.CODING: "code", Stage.VALIDATION: "validate", Stage.ACCEPTANCE: "accept"}
_ROLES = {Stage.CODING: QUEUE_CODER, Stage.VALIDATION: REVIEWER, Stage.ACCEPTANCE: REVIEWER}


def stages_from(first_stage: str) -> list[Stage]:
    """Return the stages that faces pass through in a queue that begins with `first_stage`."""
    return list(Stage) if first_stage == Stage.CODING else [Stage.ACCEPTANCE]


def stages_of(queue: Queue) -> list[Stage]:
    return stages_from(queue.first_stage)


def may_do(user: User, stage: str) -> bool:
    return may_see_faces(user) if stage == Stage.CODING else may_decide(user)


def whoever_may(stage: str) -> QuerySet[User]:
    """Return the active users whose role is enough for `stage`."""
    return holders_of(_ROLES[Stage(stage)])


def team_of(queue: Queue) -> dict[str, list[Any]]:
    """Return who is named for each stage, whether or not they may still work on it."""
    team: dict[str, list[Any]] = {stage: [] for stage in stages_of(queue)}
    members = queue.members.select_related("user").prefetch_related("user__groups")
    for member in members.order_by("user__username"):
        team.setdefault(member.stage, []).append(member.user)
    return team


def workers_of(queue: Queue, stage: str) -> list[Any]:
    """Return the users who can be handed faces at `stage`."""
    return able(team_of(queue).get(stage, []), stage)


def able(named: Sequence[Any], stage: str) -> list[Any]:
    if not named:
        return list(whoever_may(stage))
    return [user for user in named if may_do(user, stage)]


def spread(people: Sequence[Any], first_stage: str) -> dict[str, list[Any]]:
    """Name people for each stage that their role allows. Raises InvalidQueue."""
    stages = stages_from(first_stage)
    idle = [user for user in people if not any(may_do(user, stage) for stage in stages)]
    if idle:
        raise InvalidQueue(
            f"{_names(idle)} may do nothing in this queue: give them the role, or name others.",
            {"people": [f"{user.get_username()} lacks the role." for user in idle]},
        )
    return {stage: [user for user in people if may_do(user, stage)] for stage in stages}


def check_team(
    team: Team, first_stage: str, coders_per_face: int, changed: Team, former: Team | None = None
) -> None:
    """Check that each stage has somebody who can work on it. Raises InvalidQueue.

    Parameters
    ----------
    changed
        The stages whose people are new. The others need not have anybody, so that a queue whose
        people have left can be mended stage by stage.
    former
        The people named before: they may stay named even if they can't work at present.
    """
    stages = stages_from(first_stage)
    for stage, named in changed.items():
        if stage not in stages and named:
            raise _refused(
                stage,
                "This queue has no such stage: let it begin with coding, or name nobody for "
                f"{Stage(stage).label.lower()}.",
            )
    for stage in stages:
        if stage in changed:
            _check_stage(stage, changed[stage], (former or {}).get(stage, []))
    coders = able(team.get(Stage.CODING, []), Stage.CODING)
    if Stage.CODING in changed and Stage.CODING in stages and len(coders) < coders_per_face:
        raise _refused(
            Stage.CODING,
            f"{coders_per_face} coders a face need as many people; {len(coders)} may code.",
        )
    if Stage.CODING not in stages or len(coders) > coders_per_face or not changed:
        return
    everybody = {user.pk for user in coders}
    for stage in (Stage.VALIDATION, Stage.ACCEPTANCE):
        judges = able(team.get(stage, []), stage)
        if judges and everybody.issuperset(user.pk for user in judges):
            raise _refused(
                stage,
                f"{_names(judges)} could {DOING[stage]}, but codes every face, and "
                f"nobody may {DOING[stage]} what they coded. Name another reviewer, or fewer "
                "coders a face.",
            )


def _check_stage(stage: Stage, named: Sequence[Any], former: Sequence[Any]) -> None:
    idle = [user for user in named if not may_do(user, stage) and user not in former]
    if idle:
        role = _ROLES[stage]
        raise _refused(
            stage,
            f"{_names(idle)} may not {DOING[stage]}: it needs an active account with the {role} "
            "role.",
        )
    if not able(named, stage):
        raise _refused(
            stage,
            f"Nobody who is named may {DOING[stage]} at present: name somebody else."
            if named
            else f"Nobody may {DOING[stage]}: an admin must give somebody the {_ROLES[stage]} role "
            "first.",
        )


def _refused(stage: str, message: str) -> InvalidQueue:
    return InvalidQueue(message, {f"members.{stage}": [message]})


def _names(users: Sequence[Any]) -> str:
    return ", ".join(user.get_username() for user in users)
