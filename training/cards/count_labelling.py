"""Counting how the labels of a training's data came about, and how far people agree on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db.models import Count, F, Q, QuerySet

from annotations.agreement.figures import Row
from annotations.agreement.report import agreement_report
from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import Estimate
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.models import ActionUnitScore, Coder, Coding, Flag, Review
from annotations.models.differences import contradicted_by
from annotations.models.querysets import CodingQuerySet
from annotations.queues.label_errors import Labels, emotion_suspicion, unit_suspicion
from inference.ml.predictions import Readings
from training.ml.data_facts import Agreement, Doubt, Labelling, LabelSource
from training.ml.interval import Interval

_CHUNK = 20_000


def count_labelling(
    truths: CodingQuerySet,
    codings: CodingQuerySet,
    faces: QuerySet[Any, Any],
    readings: Readings,
) -> Labelling:
    """Count where labels come from, who looked twice, and which are doubtful.

    Parameters
    ----------
    truths
        The codings that the training learnt from, one a face.
    codings
        All that was said of these faces.
    faces
        A query of their ids.
    readings
        The model's readings out of fold.
    """
    own = codings.current().filter(is_independent=True).exclude(coder_kind=Coder.Kind.MODEL)
    several, by_two = _coded_twice(own), _coded_twice(own.by_people())
    decided = Review.objects.filter(face__in=faces, undone_by=None)
    kept = decided.filter(decision=Review.Decision.ACCEPT_TRUTH, reviewed__in=truths.values("pk"))
    judged = decided.filter(decision=Review.Decision.ADJUDICATE)
    emotion, units = _doubts(truths, readings)
    return Labelling(
        sources=_sources(truths),
        by_people=truths.by_people().count(),
        confirmed=_faces(kept.exclude(reviewed__coder_kind=Coder.Kind.HUMAN)),
        adjudicated=_faces(judged),
        several=several.count(),
        by_two_people=by_two.count(),
        differing=_faces(own.filter(contradicted_by(own), face__in=several)),
        blind=codings.by_people().filter(is_blind=True).count(),
        agreement=_agreement(codings.filter(face__in=by_two)),
        emotion=emotion,
        units=units,
        flagged=_faces(Flag.objects.filter(face__in=faces, resolved_at=None)),
    )


def _coded_twice(codings: CodingQuerySet) -> QuerySet[Coding, dict[str, int]]:
    """Return a query of the faces that two coders or more coded."""
    coders = codings.order_by().values("face").annotate(coders=Count("coder", distinct=True))
    return coders.filter(coders__gte=2).values("face")


def _faces(rows: QuerySet[Any]) -> int:
    return rows.order_by().values("face").distinct().count()


def _sources(truths: CodingQuerySet) -> tuple[LabelSource, ...]:
    """Return each import by its name, and people together: they are not named."""
    rows = (
        truths.order_by()
        .values("coder_kind")
        .annotate(faces=Count("pk"), coders=Count("coder", distinct=True))
    )
    by_name = (
        truths.filter(coder_kind=Coder.Kind.IMPORT)
        .order_by("coder__name")
        .values(name=F("coder__name"))
        .annotate(faces=Count("pk"))
    )
    imports = [LabelSource("import", row["name"], 1, row["faces"]) for row in by_name]
    people = [
        LabelSource("people", "", row["coders"], row["faces"])
        for row in rows
        if row["coder_kind"] == Coder.Kind.HUMAN
    ]
    return (*imports, *people)


def _agreement(codings: CodingQuerySet) -> tuple[Agreement, ...]:
    """Return how far people agree, where they have at least FEWEST_TO_TRUST faces in common."""
    people = Coder.objects.filter(kind=Coder.Kind.HUMAN, codings__in=codings).distinct()
    report = agreement_report(codings, people)
    rows = {"action units": report.all_units, "emotion": report.emotion}
    return tuple(
        _agreed(name, row)
        for name, row in rows.items()
        if row is not None and row.faces >= FEWEST_TO_TRUST
    )


def _agreed(name: str, row: Row) -> Agreement:
    kappa, agreement = (_interval(row.figure(each)) for each in ("kappa", "agreement"))
    return Agreement(name, row.faces, row.subjects, kappa, agreement)


def _interval(figure: Estimate) -> Interval | None:
    if not figure.is_defined:
        return None
    ends = (float(figure.low), float(figure.high)) if figure.has_interval else (None, None)
    return Interval(float(figure.value), *ends)


def _doubts(truths: CodingQuerySet, readings: Readings) -> tuple[Doubt, dict[int, Doubt]]:
    """Judge the labels as the queue of suspected label errors does (confident learning)."""
    row_of, count = readings.rows(), len(readings.sha256)
    labels = Labels(
        np.full(count, -1),
        np.full((count, len(MODEL_ACTION_UNITS)), -1),
        np.zeros(count, dtype=bool),
    )
    said = truths.order_by().values_list("face__sha256", "emotion", "basic_emotion")
    for sha256, emotion, basic in said.iterator(chunk_size=_CHUNK):
        row = row_of.get(sha256)
        if row is not None:
            labels.emotions[row] = EMOTIONS.index(emotion) if emotion else -1
            labels.happy[row] = basic == "happy"
    scores = ActionUnitScore.objects.filter(
        Q(au__in=MODEL_ACTION_UNITS), coding__in=truths.values("pk")
    )
    shown = scores.order_by().values_list("coding__face__sha256", "au", "present")
    for sha256, au, present in shown.iterator(chunk_size=_CHUNK):
        row = row_of.get(sha256)
        if row is not None:
            labels.units[row, MODEL_ACTION_UNITS.index(au)] = int(present)
    emotion_doubts = emotion_suspicion(labels, readings.emotion.astype(float)).doubted
    units = {
        au: Doubt(
            int((labels.units[:, column] >= 0).sum()),
            int(unit_suspicion(labels, au, readings.units[:, column].astype(float)).doubted.sum()),
        )
        for column, au in enumerate(MODEL_ACTION_UNITS)
    }
    return Doubt(int((labels.emotions >= 0).sum()), int(emotion_doubts.sum())), units
