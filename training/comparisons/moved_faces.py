"""Faces that moved between two coders of a comparison, as somebody may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from annotations.codings.comparison import UNITS, units_differ
from annotations.models import Coder, Coding, Face, Queue
from annotations.models.face_querysets import FaceQuerySet
from annotations.queues.errors import InvalidQueue
from annotations.queues.orders import Order
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.visibility import look_at, readable, veil, visible_codings, visible_faces
from training.ml.compared import Moved, Moves
from training.models import Comparison


@dataclass(frozen=True)
class Reading:
    """One coder's emotion, and their units unlike the truth."""

    name: str
    emotion: str
    unlike: str


@dataclass(frozen=True)
class MovedFace:
    face: Face
    truth: str
    readings: list[Reading]


def moved_of(comparison: Comparison, place: int, name: str) -> Moved:
    """Return the faces that the coder at `place` (from 1) moved, by a name of `Moves`' fields."""
    if place > len(comparison.moves):
        return Moved()
    found: Moved = getattr(Moves.from_json(comparison.moves[place - 1]), name)
    return found


def readable_ids(ids: Sequence[int], user: User) -> list[int]:
    """Keep the faces whose readings `user` may know, in their order."""
    known = set(_faces(ids, user).values_list("pk", flat=True))
    return [pk for pk in ids if pk in known]


def shown_faces(ids: Sequence[int], user: User) -> list[Face]:
    """Return the faces, in their order, to be shown to `user`; the look is written down."""
    found = {face.pk: face for face in _faces(ids, user).select_related("subject")}
    faces = veil([found[pk] for pk in ids if pk in found], user)
    look_at(user, [face.pk for face in faces])
    return faces


def with_readings(faces: Sequence[Face], coders: Sequence[Coder], user: User) -> list[MovedFace]:
    """Put beside each face what the truth and the coders say of it now."""
    codings = visible_codings(user).filter(face__in=[face.pk for face in faces])
    truths = {each.face_id: each for each in codings.accepted().prefetch_related("scores")}
    own = codings.filter(coder__in=coders, is_withdrawn=False, is_independent=True)
    said = {
        (each.face_id, each.coder_id): each
        for each in own.order_by("pk").prefetch_related("scores")
    }
    return [
        MovedFace(
            face,
            truths[face.pk].emotion if face.pk in truths else "",
            [
                _reading(coder, said.get((face.pk, coder.pk)), truths.get(face.pk))
                for coder in coders
            ],
        )
        for face in faces
    ]


def queue_of(user: User, ids: Sequence[int], name: str) -> Queue:
    """Make a queue to review these faces. Raises Forbidden, InvalidQueue."""
    if not name:
        raise InvalidQueue("Give the queue a name.", {"name": ["Give it a name."]})
    return make_queue(user, QueuePlan(name, Order.RANDOM), _faces(ids, user))


def _faces(ids: Sequence[int], user: User) -> FaceQuerySet:
    return readable(visible_faces(user).filter(pk__in=ids), user)


def _reading(coder: Coder, coding: Coding | None, truth: Coding | None) -> Reading:
    if coding is None or truth is None:
        return Reading(coder.name, "", "")
    said, true = (
        {score.au: score.present for score in each.scores.all()} for each in (coding, truth)
    )
    unlike = [f"AU{au}" for au in UNITS if units_differ(said.get(au), true.get(au))]
    return Reading(coder.name, coding.emotion, ", ".join(unlike))
