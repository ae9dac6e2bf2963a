"""The ways along which a list of faces may be read: one for each condition that an index knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from annotations.codings.face_query import FaceQuery
from annotations.facs import MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from annotations.facs.prediction_set import UNLIKE_FROM
from annotations.models import ActionUnitScore, Coder, Coding, Face, Flag
from annotations.models.unit_bits import scores


@dataclass(frozen=True)
class Way:
    """One condition of a query, by the rows that fulfil it.

    Attributes
    ----------
    rows
        They may name a face that the query doesn't want, but miss none that it does.
    key
        Their column with the face's id.
    rest
        What the query asks beyond it.
    is_ordered
        Whether an index keeps them in the order of faces, each once; others are of use where they
        are few.
    """

    rows: QuerySet[Any, Any]
    key: str
    rest: FaceQuery
    is_ordered: bool = True


def ways(query: FaceQuery) -> Iterator[Way]:
    """Yield the ways to the faces of a query, those first that usually are the shortest."""
    yield from _by_face(query)
    if query.model is not None:
        yield from _by_difference(query, query.model)
    yield from _by_truth(query)
    if query.model is not None:
        yield from _by_reading(query, query.model)


def _by_face(query: FaceQuery) -> Iterator[Way]:
    faces = Face.objects.all()
    if query.sha256:
        same = faces.filter(Q(sha256=query.sha256) | Q(stored_sha256=query.sha256))
        yield Way(same, "pk", replace(query, sha256=""), is_ordered=False)
    if query.subject:
        own = faces.filter(subject__code=query.subject)
        yield Way(own, "pk", replace(query, subject=""), is_ordered=False)
    if query.is_flagged:
        flags = Flag.objects.filter(resolved_at=None).order_by().values("face_id").distinct()
        yield Way(flags, "face_id", replace(query, is_flagged=False))
    if query.is_unlabelled:
        yield Way(faces.unlabelled(), "pk", replace(query, is_unlabelled=False))
    start, end = query.uploaded
    if start or end:
        bounds = {"created_at__gte": start, "created_at__lte": end}
        asked = {name: bound for name, bound in bounds.items() if bound}
        rest = replace(query, uploaded=(None, None))
        yield Way(faces.filter(**asked), "pk", rest, is_ordered=False)
    if query.snapshot is None:
        for dimension, tag in query.groups:
            rest = replace(query, groups=())
            yield Way(faces.of_group(dimension, tag), "pk", rest, is_ordered=False)
    if query.coder_name:
        coders = Coder.objects.filter(name=query.coder_name).values_list("pk", flat=True)
        coded = Coding.objects.filter(coder__in=list(coders))
        yield Way(coded, "face_id", replace(query, coder_name=""), is_ordered=False)


def _by_difference(query: FaceQuery, model: Coder) -> Iterator[Way]:
    if query.differs is not None:
        found = Coding.objects.filter(coder=model, differs=query.differs)
        yield Way(found, "face_id", replace(query, differs=None))


def _by_truth(query: FaceQuery) -> Iterator[Way]:
    if query.snapshot is not None:
        return
    truths = Coding.objects.accepted()
    for au in query.units:
        rest = replace(query, units=tuple(unit for unit in query.units if unit != au))
        yield _of_unit(truths, au, rest)
    if query.emotion:
        yield Way(truths.filter(emotion=query.emotion), "face_id", replace(query, emotion=""))


def _of_unit(codings: QuerySet[Coding], au: int, rest: FaceQuery) -> Way:
    """Return the way by one of the model's units, each of which has an index, or by any other."""
    if au in MODEL_ACTION_UNITS:
        return Way(codings.filter(scores([au])), "face_id", rest)
    shown = ActionUnitScore.objects.filter(au=au, present=True)
    return Way(shown, "coding__face_id", rest, is_ordered=False)


def _by_reading(query: FaceQuery, model: Coder) -> Iterator[Way]:
    readings = Coding.objects.filter(coder=model)
    if query.model_unit is not None:
        # A prediction is never the truth, and the index holds only what isn't.
        other = readings.filter(is_accepted=False)
        yield _of_unit(other, query.model_unit, replace(query, model_unit=None))
    if query.model_emotion:
        said = readings.filter(emotion=query.model_emotion)
        yield Way(said, "face_id", replace(query, model_emotion=""))
    if query.is_unlike:
        far = readings.filter(distance__gt=UNLIKE_FROM)
        yield Way(far, "face_id", replace(query, is_unlike=False), is_ordered=False)
    bounds = {"gte": query.confidence_from, "lt": query.confidence_below}
    if asked := {f"confidence__{name}": at for name, at in bounds.items() if at is not None}:
        rest = replace(query, confidence_from=None, confidence_below=None)
        yield Way(readings.filter(**asked), "face_id", rest, is_ordered=False)
    if query.unit_probability is not None:
        au, least, below = query.unit_probability
        likely = ActionUnitScore.objects.filter(
            au=au, probability__gte=least, probability__lt=below, coding__coder=model
        )
        rest = replace(query, unit_probability=None)
        yield Way(likely, "coding__face_id", rest, is_ordered=False)
    if query.quality:
        rest = replace(query, quality="")
        fit = readings.filter(quality=query.quality)
        yield Way(fit, "face_id", rest, is_ordered=query.quality != Quality.GOOD)
    if bool(query.split) != query.is_new_to_model:  # both at once fit no face
        rest = replace(query, split="", is_new_to_model=False)
        yield Way(readings.filter(split=query.split), "face_id", rest)
