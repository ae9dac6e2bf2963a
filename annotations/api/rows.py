"""Faces and codings as the API shows them: whole pages in a fixed number of plain queries.

A page of 100 faces has some 3,000 action unit scores. Read as tuples, they cost a tenth of what
model instances and nested serializers do; serializers_out.py holds the same shapes for the schema.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.reverse import reverse

from annotations import facs
from annotations.codings.comparison import Said, differences
from annotations.codings.reading import reading_of
from annotations.facs.prediction_set import UNLIKE_FROM
from annotations.models import ActionUnitScore, Coder, Coding, Face
from annotations.visibility import look_at, veil, visible_codings
from facsweb.rest.requests import ApiRequest

CODING_FIELDS = (
    "id", "face", "coder", "kind", "emotion", "basic_emotion", "emotion_probabilities",
    "confidence", "action_units", "is_accepted", "is_blind", "is_independent", "is_withdrawn",
    "split", "quality", "pose", "compared_with", "distance", "unlike", "sets",
    "learnt_from_drawings", "based_on", "source", "brought_by", "created_at",
)  # fmt: skip
_COLUMNS = {"id": "pk", "face": "face_id", "coder": "coder__name", "kind": "coder_kind",
            "based_on": "based_on_id"}  # fmt: skip
#: Action units as JSON's keys.
_NAMES = {au: str(au) for au in facs.ACTION_UNITS}
_MADE = ("action_units", "unlike", "learnt_from_drawings")
#: What is read for the last of them, and not told as such.
_DRAWN = ("coder__drawn_share", "face__is_drawn")
_STORED = [*(name for name in CODING_FIELDS if name not in _MADE), *_DRAWN]
_READ = [_COLUMNS.get(name, name) for name in _STORED]
_OF_INSTANCE = attrgetter(*(name.replace("__", ".") for name in _READ))
FACE_FIELDS = (
    "id", "subject", "sequence", "frame", "sha256", "stored_sha256", "width", "height",
    "colour_mode", "is_drawn", "image_url", "truth", "prediction", "differences", "created_at",
)  # fmt: skip

Json = dict[str, Any]


def codings_as_json(ids: Iterable[int], *, fields: Collection[str] = CODING_FIELDS) -> list[Json]:
    """Return codings by id, in that order. The caller has checked that the user may see them."""
    order = {pk: position for position, pk in enumerate(ids)}
    found = _read(Coding.objects.filter(pk__in=order), scores="action_units" in fields)
    found.sort(key=lambda coding: order[coding["id"]])
    return [_only(fields, coding) for coding in found]


def coding_as_json(coding: Coding) -> Json:
    """Return a coding that was just written or read, from the instance, as lists have it."""
    units = reading_of(coding).scores
    scores = (
        (coding.pk, au, score.present, score.intensity, score.probability, score.side)
        for au, score in sorted(units.items())
    )
    return _told([_OF_INSTANCE(coding)], scores)[0]


def faces_as_json(
    faces: Iterable[Face],
    request: ApiRequest,
    *,
    model: Coder | None,
    fields: Collection[str] = FACE_FIELDS,
) -> list[Json]:
    """Return faces (with `subject` selected) with their truth and the reading of `model`."""
    faces = veil(faces, request.user)
    wants_codings = not {"truth", "prediction", "differences"}.isdisjoint(fields)
    truths: dict[int, Json] = {}
    readings: dict[int, Json] = {}
    if wants_codings and faces:
        mine = Q(is_accepted=True) | Q(coder=model) if model else Q(is_accepted=True)
        seen = visible_codings(request.user).filter(face__in=[face.pk for face in faces])
        for coding in _read(seen.filter(mine)):
            (truths if coding["is_accepted"] else readings)[coding["face"]] = coding
        look_at(request.user, truths.keys() | readings.keys())
    address = reverse("api-face-image", args=[0], request=request)
    return [
        _only(fields, _face(face, truths.get(face.pk), readings.get(face.pk), address))
        for face in faces
    ]


def face_as_json(face: Face, request: ApiRequest) -> Json:
    """Return a face of which nothing is said yet."""
    veil([face], request.user)
    return _face(face, None, None, reverse("api-face-image", args=[0], request=request))


def _face(face: Face, truth: Json | None, reading: Json | None, address: str) -> Json:
    subject, shows, tags = face.subject, not face.is_veiled, face.shows_tags
    return {
        "id": face.pk,
        "subject": {
            "code": subject.code,
            "gender": subject.gender if tags else "",
            "age_group": subject.age_group if tags else "",
            "ethnicity": subject.ethnicity if tags else "",
        },
        "sequence": face.sequence if shows else "",
        "frame": face.frame if shows else None,
        "sha256": face.sha256,
        "stored_sha256": face.stored_sha256,
        "width": face.width,
        "height": face.height,
        "colour_mode": face.colour_mode,
        "is_drawn": face.is_drawn,
        "image_url": address.replace("/0/", f"/{face.pk}/"),
        "truth": truth,
        "prediction": reading,
        "differences": _differences(truth, reading) if truth and reading else None,
        "created_at": face.created_at,
    }


def _only(fields: Collection[str], whole: Json) -> Json:
    return {name: value for name, value in whole.items() if name in fields}


def _differences(truth: Json, reading: Json) -> int:
    return differences(_said(truth), _said(reading))


def _said(coding: Json) -> Said:
    units = {int(au): score["present"] for au, score in coding["action_units"].items()}
    return Said(coding["emotion"], units)


def _read(codings: QuerySet[Coding], *, scores: bool = True) -> list[Json]:
    rows = list(codings.order_by("pk").values_list(*_READ))
    wanted = [row[0] for row in rows] if scores else []
    return _told(rows, ActionUnitScore.objects.filter(coding__in=wanted).as_rows())


def _told(rows: Iterable[tuple[Any, ...]], scores: Iterable[tuple[Any, ...]]) -> list[Json]:
    """Return codings as JSON, of the values of `_STORED` and of `as_rows`."""
    codings = {row[0]: dict(zip(_STORED, row, strict=True)) for row in rows}
    for coding in codings.values():
        share, is_drawn = (coding.pop(name) for name in _DRAWN)
        far = coding["distance"]
        coding["unlike"] = None if far is None else far > UNLIKE_FROM
        coding["learnt_from_drawings"] = bool(share) and not is_drawn
        coding["action_units"] = {}
    for coding_id, au, present, intensity, probability, side in scores:
        score = {"present": bool(present), "intensity": intensity, "probability": probability}
        codings[coding_id]["action_units"][_NAMES[au]] = score | {"side": side} if side else score
    return list(codings.values())
