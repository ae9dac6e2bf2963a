"""Readings of the faces that a model learnt from, and of new ones, as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.models import ActionUnitScore, Coding, Detection, Face
from annotations.models.querysets import CodingQuerySet
from inference.embeddings import embeddings_of
from inference.models import ModelVersion
from training.ml.drift_figures import Sides
from training.ml.seen import PICTURES, Seen

#: Subjects that a check reads at most on either side: more change its answer by nothing.
MOST_SUBJECTS = 2000
_CHUNK = 500
_PLACE = {au: place for place, au in enumerate(MODEL_ACTION_UNITS)}


@dataclass(frozen=True)
class Chosen:
    """The faces of one side: ids of codings and faces, whose they are, and how many there are."""

    codings: list[int]
    faces: list[int]
    subjects: NDArray[np.str_]
    sides: Sides
    first_at: datetime | None = None
    last_at: datetime | None = None


def learnt(version: ModelVersion) -> CodingQuerySet:
    """Return the version's readings of the faces that it learnt from or was tested on."""
    return Coding.objects.filter(coder=version.coder_id).exclude(split="")


def unlearnt(version: ModelVersion) -> CodingQuerySet:
    """Return the version's readings of faces that were no part of its training."""
    return Coding.objects.filter(coder=version.coder_id, split="")


def newest(codings: CodingQuerySet, last: int | None) -> CodingQuerySet:
    """Keep the faces that were uploaded last, so many of them, and those of the same moment."""
    if last is None:
        return codings
    times = codings.order_by("-face__created_at").values_list("face__created_at", flat=True)
    oldest = list(times[last - 1 : last])
    return codings.filter(face__created_at__gte=oldest[0]) if oldest else codings


def choose(codings: CodingQuerySet, *, most: int = MOST_SUBJECTS) -> Chosen:
    """Choose faces for one side: all, or those of `most` subjects drawn at random."""
    rows = list(
        codings.order_by("face_id").values_list(
            "pk", "face_id", "face__subject__code", "face__created_at"
        )
    )
    subjects = np.array([row[2] for row in rows], dtype=np.str_)
    names = np.unique(subjects)
    kept = np.random.default_rng(0).permutation(names)[:most]
    places = np.flatnonzero(np.isin(subjects, kept))
    times = [row[3] for row in rows]
    return Chosen(
        [rows[place][0] for place in places],
        [rows[place][1] for place in places],
        subjects[places],
        Sides(len(places), len(kept), len(rows), len(names)),
        min(times, default=None),
        max(times, default=None),
    )


def seen(chosen: Chosen) -> Seen:
    """Read what was chosen: answers, quality, pictures and, where there is one, the truth."""
    count = len(chosen.codings)
    by_coding = {pk: place for place, pk in enumerate(chosen.codings)}
    by_face = {pk: place for place, pk in enumerate(chosen.faces)}
    found = Seen(
        subjects=chosen.subjects,
        emotion=np.full((count, len(EMOTIONS)), 1 / len(EMOTIONS)),
        units=np.zeros((count, len(MODEL_ACTION_UNITS))),
        present=np.zeros((count, len(MODEL_ACTION_UNITS)), dtype=bool),
        quality=_quality(by_coding),
        pictures=_pictures(by_face),
        truth=_truth(by_face),
        embedding=_embedding(by_coding),
    )
    for pk, probabilities in _rows(Coding, "pk", by_coding, "emotion_probabilities"):
        if probabilities:
            found.emotion[by_coding[pk]] = [probabilities.get(name, 0.0) for name in EMOTIONS]
    fields = ("au", "present", "probability")
    for pk, au, present, probability in _rows(ActionUnitScore, "coding_id", by_coding, *fields):
        if au in _PLACE:
            found.units[by_coding[pk], _PLACE[au]] = probability or 0.0
            found.present[by_coding[pk], _PLACE[au]] = present
    return found


def told_of_all(sides: Sides, counted: Sides) -> Sides:
    """Return how many were compared, of how many."""
    return replace(counted, all_faces=sides.all_faces, all_subjects=sides.all_subjects)


def _quality(by_coding: dict[int, int]) -> NDArray[np.str_]:
    quality = np.full(len(by_coding), "", dtype="<U16")
    for pk, value in _rows(Coding, "pk", by_coding, "quality"):
        quality[by_coding[pk]] = value
    return quality


def _pictures(by_face: dict[int, int]) -> NDArray[np.float64]:
    values = np.full((len(by_face), len(PICTURES)), np.nan)
    for pk, width, height, mode in _rows(Face, "pk", by_face, "width", "height", "colour_mode"):
        is_colour = float(mode == Face.ColourMode.RGB)
        values[by_face[pk], :2] = math.log2(min(width, height)), is_colour
    for pk, box in _rows(Detection, "face_id", by_face, "box"):
        width = box[2] - box[0]
        if width > 0:
            values[by_face[pk], 2] = math.log2(width)
    return values


def _embedding(by_coding: dict[int, int]) -> NDArray[np.float64]:
    """Return what the trunk saw (n, e): NaN where that isn't kept; (n, 0) where it never is."""
    found = dict(embeddings_of(list(by_coding)))
    values = np.full((len(by_coding), max(map(len, found.values()), default=0)), np.nan)
    for pk, numbers in found.items():
        values[by_coding[pk]] = numbers
    return values


def _truth(by_face: dict[int, int]) -> NDArray[np.float64]:
    classes = len(EMOTIONS)
    truth = np.full((len(by_face), classes + len(MODEL_ACTION_UNITS)), np.nan)
    codings: dict[int, int] = {}
    for face, pk, emotion in _rows(Coding, "face_id", by_face, "pk", "emotion", is_accepted=True):
        codings[pk] = by_face[face]
        if emotion:
            truth[by_face[face], :classes] = [emotion == name for name in EMOTIONS]
    for pk, au, present in _rows(ActionUnitScore, "coding_id", codings, "au", "present"):
        if au in _PLACE:
            truth[codings[pk], classes + _PLACE[au]] = present
    return truth


def _rows(
    model: Any, key: str, ids: Iterable[int], *fields: str, **also: object
) -> Iterator[tuple[Any, ...]]:
    """Yield `key` and other fields of the rows whose `key` is among some ids."""
    wanted = list(ids)
    for first in range(0, len(wanted), _CHUNK):
        chunk = {f"{key}__in": wanted[first : first + _CHUNK]}
        yield from model.objects.filter(**chunk, **also).order_by().values_list(key, *fields)
