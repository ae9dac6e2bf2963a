"""The plan of a queue, and as JSON for a worker that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.contrib.auth.models import User

from annotations.models import Coder, Stage
from annotations.queues.errors import InvalidQueue
from annotations.queues.people import spread


@dataclass(frozen=True)
class QueuePlan:
    """The plan of a queue. `limit` None takes every face that the order gives."""

    name: str
    order: str
    target: str = ""
    seed: int = 1
    model: Coder | None = None
    first_stage: str = Stage.ACCEPTANCE
    #: Named for every stage that their role allows, where `members` says nothing of it.
    people: Sequence[Any] = field(default_factory=list)
    #: Stage -> who is named for it; nobody means whoever may.
    members: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    coders_per_face: int = 1
    is_blind: bool = False
    gold_faces: int = 0
    limit: int | None = None

    def team(self) -> dict[str, list[Any]]:
        """Return who is named for each stage. Raises InvalidQueue."""
        named = spread(self.people, self.first_stage)
        return named | {stage: list(users) for stage, users in self.members.items()}

    def to_json(self) -> dict[str, Any]:
        """Return the plan with ids for the model and for people."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        members = {str(stage): _ids(users) for stage, users in self.members.items()}
        rows = {"model": self.model and self.model.pk, "people": _ids(self.people)}
        return plain | rows | {"members": members}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> QueuePlan:
        """Return the plan that was stored. Raises InvalidQueue where somebody of it is gone."""
        named = {*stored["people"], *(pk for ids in stored["members"].values() for pk in ids)}
        users, model = User.objects.in_bulk(named), stored["model"]
        coders = Coder.objects.in_bulk([model] if model else [])
        if len(users) < len(named) or (model and not coders):
            raise InvalidQueue(
                "Somebody who is named in it, or its model, is gone. Make the queue anew."
            )
        members = {stage: [users[pk] for pk in ids] for stage, ids in stored["members"].items()}
        people = [users[pk] for pk in stored["people"]]
        rows = {"model": coders.get(model), "people": people, "members": members}
        return cls(**{**stored, **rows})


def _ids(users: Iterable[Any]) -> list[int]:
    return [user.pk for user in users]
