"""The orders that a queue can have: which faces, in which order, and why each is there."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import numpy as np
from django.db import models
from django.db.models import Count
from numpy.typing import NDArray

from annotations.codings.comparison import codes_differ
from annotations.facs import ACTION_UNITS, EMOTIONS, MODEL_ACTION_UNITS
from annotations.models import Coder, Coding
from annotations.models.face_querysets import FaceQuerySet
from annotations.queues.doubts import doubts_of
from annotations.queues.errors import InvalidQueue
from annotations.queues.label_errors import (
    broken_rules,
    emotion_suspicion,
    unit_suspicion,
)
from annotations.queues.reasons import (
    Best,
    Ranked,
    alike,
    emotion_differs,
    emotion_doubted,
    torn,
    unit_differs,
    unit_doubted,
    unsure,
)
from annotations.queues.tables import Heard, Table, read_table


class Order(models.TextChoices):
    DISAGREEMENT = "disagreement", "Model and truth disagree, the surest model first"
    LABEL_ERRORS = "label_errors", "Suspected label errors, the most suspicious first"
    UNCERTAINTY = "uncertainty", "The model is uncertain, the most uncertain first"
    ASK_A_PERSON = "ask_a_person", "Ask a person: the model can’t tell, or knows no such faces"
    RAREST_AU = "rarest_au", "Rare action units first"
    LEAST_CODED = "least_coded", "Coded by the fewest people first"
    RANDOM = "random", "Drawn at random"


#: What a face can be judged by, for people to choose from.
TARGETS = [
    ("", "Emotion or any action unit"),
    ("emotion", "Emotion"),
    *[(f"au:{au}", f"AU{au} {ACTION_UNITS[au].name.lower()}") for au in MODEL_ACTION_UNITS],
]


def rank(
    order: str,
    faces: FaceQuerySet,
    *,
    coder: Coder | None,
    target: str,
    seed: int,
    heard: Heard | None = None,
) -> list[Ranked]:
    """Put faces in their order, each with its reason in words.

    `target` is what a face is judged by: "" for everything, "emotion", or one unit as "au:12".
    `heard` hears of rows that were read, as `tables.read_table` tells.

    Orders by disagreement, uncertainty, doubts and label errors leave out the faces that they say
    nothing about. Raises InvalidQueue where the order needs a model and there is none.
    """
    if order == Order.RANDOM:
        return _random(faces, seed)
    if order == Order.LEAST_CODED:
        return _least_coded(faces)
    if order not in Order.values:
        raise InvalidQueue(f"There is no order called “{order}”.", {"order": ["Choose another."]})
    needs_model = order != Order.RAREST_AU
    if needs_model and coder is None:
        raise InvalidQueue(
            "This order needs a model's readings, and no model is trained yet. Choose another "
            "order, or ask an admin to train.",
            {"order": ["It needs a trained model."]},
        )
    table = read_table(faces, coder, heard)
    wanted = _units(target)
    ranked = _ORDERS[Order(order)](table, target in {"", "emotion"}, wanted)
    return sorted(ranked, key=lambda each: (-each.score, each.face_id))


def _units(target: str) -> list[int]:
    """Return the columns of the action units that `target` means."""
    if target == "":
        return list(range(len(MODEL_ACTION_UNITS)))
    if target == "emotion":
        return []
    number = target.removeprefix("au:")
    if not number.isdecimal() or int(number) not in MODEL_ACTION_UNITS:
        raise InvalidQueue(
            f"“{target}” is neither “emotion” nor an action unit that the model knows.",
            {"target": ["Choose another."]},
        )
    return [MODEL_ACTION_UNITS.index(int(number))]


def _random(faces: FaceQuerySet, seed: int) -> list[Ranked]:
    ids = sorted(faces.order_by().values_list("pk", flat=True))
    random.Random(seed).shuffle(ids)  # noqa: S311 - a draw to be repeated, no secret
    reason = f"Drawn at random (seed {seed})."
    return [Ranked(face, -place, reason) for place, face in enumerate(ids)]


def _least_coded(faces: FaceQuerySet) -> list[Ranked]:
    people = Coding.objects.current().by_people().filter(face__in=faces.order_by().values("pk"))
    counts = dict(people.order_by().values_list("face").annotate(Count("coder", distinct=True)))
    ranked = []
    for face in sorted(faces.order_by().values_list("pk", flat=True)):
        count = counts.get(face, 0)
        told = {0: "by nobody", 1: "by one person"}.get(count, f"by {count} people")
        ranked.append(Ranked(face, -count, f"Coded {told} yet." if not count else f"Coded {told}."))
    return sorted(ranked, key=lambda each: -each.score)


def _disagreement(table: Table, by_emotion: bool, units: list[int]) -> list[Ranked]:
    """Rank faces by the model's probability of what it says and the truth doesn't."""
    best = Best(table)
    if by_emotion:
        differs = codes_differ(table.said, table.labels.emotions)
        chance = _of_class(table.emotion, table.said)
        best.offer(differs, chance, lambda row: emotion_differs(table, row))
    for column in units:
        said, true = table.present[:, column], table.labels.units[:, column]
        differs = codes_differ(said, true)
        given = table.units[:, column]
        chance = np.where(said == 1, given, 1 - given)
        best.offer(differs, chance, partial(unit_differs, table, column=column))
    return best.ranked()


def _uncertainty(table: Table, by_emotion: bool, units: list[int]) -> list[Ranked]:
    """Rank faces by entropy over its maximum; the most uncertain of what is asked for counts."""
    best = Best(table)
    if by_emotion:
        chances = np.nan_to_num(table.emotion, nan=1.0)
        spread = _entropy(chances) / np.log(len(EMOTIONS))
        best.offer(
            np.asarray(~np.isnan(table.emotion).any(axis=1)), spread, lambda row: torn(table, row)
        )
    for column in units:
        chance = np.nan_to_num(table.units[:, column], nan=0.5)
        spread = _entropy(np.stack([chance, 1 - chance], axis=1)) / np.log(2)
        known = ~np.isnan(table.units[:, column])
        best.offer(known, spread, partial(unsure, table, column=column))
    return best.ranked()


def _entropy(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Shannon's entropy of each row's chances, in nats.

    `scipy.stats` has it too, at 47 MB for each process that imports it.
    """
    shares = chances / chances.sum(axis=1, keepdims=True)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1))


def _ask_a_person(table: Table, by_emotion: bool, units: list[int]) -> list[Ranked]:
    """Rank faces by what the model can't exclude; those that are unlike its training come first."""
    if not table.tells_doubts and len(table.faces):
        raise InvalidQueue(
            "This model says of no face what it can't exclude: an older facsweb trained it, or too "
            "few people were in its training. Choose another order or model, or train again.",
            {"order": ["The model doesn't say what it can't tell."]},
        )
    found, best = doubts_of(table, by_emotion, units), Best(table)
    best.offer(found.holds, found.score, found.words)
    return best.ranked()


def _label_errors(table: Table, by_emotion: bool, units: list[int]) -> list[Ranked]:
    best = Best(table)
    broken = broken_rules(table.labels)
    if by_emotion:
        found = emotion_suspicion(table.labels, table.emotion)
        best.offer(
            found.doubted, found.score, lambda row: emotion_doubted(table, found, broken, row)
        )
    for column in units:
        doubt = unit_suspicion(table.labels, MODEL_ACTION_UNITS[column], table.units[:, column])
        best.offer(doubt.doubted, doubt.score, partial(unit_doubted, table, broken, column=column))
    return best.ranked()


def _rarest_au(table: Table, by_emotion: bool, units: list[int]) -> list[Ranked]:
    """Rank faces by the rarest unit that the truth shows, or the model where there is no truth."""
    coded = np.asarray((table.labels.units >= 0).any(axis=1))
    marks = np.where(coded[:, None], table.labels.units, table.present)
    shown: NDArray[np.bool_] = np.equal(marks, 1)
    counts = shown.sum(axis=0)
    best = Best(table)
    for column in units:
        reason = (
            f"AU{MODEL_ACTION_UNITS[column]} is present: {counts[column]} of "
            f"{len(table.faces)} faces show it."
        )
        rarity = np.full(len(table.faces), -float(counts[column]))
        best.offer(shown[:, column], rarity, partial(alike, reason))
    return best.ranked()


_ORDERS: dict[Order, Callable[[Table, bool, list[int]], list[Ranked]]] = {
    Order.DISAGREEMENT: _disagreement,
    Order.UNCERTAINTY: _uncertainty,
    Order.ASK_A_PERSON: _ask_a_person,
    Order.LABEL_ERRORS: _label_errors,
    Order.RAREST_AU: _rarest_au,
}


def _of_class(chances: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each row's probability of its class, (n,)."""
    return chances[np.arange(len(classes)), np.maximum(classes, 0)]
