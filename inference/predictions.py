"""Predictions as the database keeps them: those of a chunk of faces by one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_readings
from annotations.faces.detections import Seen, store_detections
from annotations.models import Face
from inference.embeddings import packed
from inference.ml.features import Features
from inference.ml.precision import Precision
from inference.ml.predictions import Prediction
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import Detection
from inference.ml.references import Reference
from inference.models import Embedding, InferenceRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Predicted:
    """All that is stored of one face.

    Attributes
    ----------
    found
        Where the face was found; None where it wasn't.
    embedding
        As `inference.embeddings` packs it; None where the version keeps none.
    """

    face: Face
    reading: Reading
    origin: Provenance
    found: Detection | None
    embedding: bytes | None


def predict(
    run: InferenceRun,
    predictor: Predictor,
    faces: Sequence[Face],
    references: Sequence[Reference | None],
    features: Features,
) -> list[Predicted]:
    """Return what a run's version says of faces, from features at hand; nothing is written."""
    digests = [face.sha256 for face in faces]
    embeddings = predictor.embeddings(features, digests)
    far = predictor.distances(embeddings, digests)
    said = []
    for row, prediction in enumerate(predictor.read(features, digests)):
        face, found = faces[row], features.detections[row]
        origin = Provenance(
            _source(run, predictor, face),
            split=run.splits.get(str(face.pk), ""),
            quality=prediction.quality,
            pose=found.pose.to_json() if found else None,
            compared_with=_kind(references[row], features, row),
            distance=None if far is None else float(far[row]),
            sets=prediction.sets.to_json() if prediction.sets else None,
        )
        embedding = None if embeddings is None else packed(embeddings[row])
        said.append(Predicted(face, reading_of_prediction(prediction), origin, found, embedding))
    return said


def store(run: InferenceRun, predictions: Sequence[Predicted]) -> None:
    """Store predictions by one transaction; one by one where another run was quicker with some."""
    try:
        _store(run, predictions)
    except IntegrityError:
        for each in predictions:
            try:
                _store(run, [each])
            except IntegrityError:  # what the other run wrote is the same
                logger.info("face %s already has a prediction by %s", each.face, run.version)


def reading_of_prediction(prediction: Prediction) -> Reading:
    return Reading(
        emotion=prediction.emotion,
        emotion_probabilities=prediction.emotion_probabilities,
        scores={
            au: Score(present=prediction.au_present[au], probability=probability)
            for au, probability in prediction.au_probabilities.items()
        },
    )


@transaction.atomic
def _store(run: InferenceRun, predictions: Sequence[Predicted]) -> None:
    codings = add_readings(
        run.version.coder, [(each.face, each.reading, each.origin) for each in predictions]
    )
    Embedding.objects.bulk_create(
        Embedding(coding=coding, vector=each.embedding)
        for coding, each in zip(codings, predictions, strict=True)
        if each.embedding is not None
    )
    store_detections(
        (each.face, Seen(found.box.tolist(), found.corners.tolist(), found.points.tolist()))
        for each in predictions
        if (found := each.found) is not None
    )


def _source(run: InferenceRun, predictor: Predictor, face: Face) -> str:
    """Return the origin of a prediction in words, and that it was made in int8, if it was."""
    rough = predictor.precision_of(face.sha256) == Precision.INT8
    return f"inference run {run.pk}" + (", in int8" if rough else "")


def _kind(reference: Reference | None, features: Features, row: int) -> str:
    """Return what kind of reference the face in a row was compared with; empty for none."""
    given = features.references
    if reference is None or given is None or not given.compared[row, 0]:
        return ""
    return reference.kind
