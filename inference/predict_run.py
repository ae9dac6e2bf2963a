"""The work of an inference run, done by a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding
from annotations.faces.detections import Seen, store_detections
from annotations.models import Coding, Face
from annotations.models.querysets import FaceQuerySet
from annotations.tombstones import watermark
from annotations.withdrawal.parts import remove_files
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress
from facsweb.logs import about
from inference import sharing
from inference.embeddings import packed
from inference.files import local_file
from inference.ml.feature_cache import kept_only_if, prune
from inference.ml.features import Features
from inference.ml.precision import Precision
from inference.ml.predictions import Prediction
from inference.ml.predictor import Predictor
from inference.ml.references import Reference
from inference.models import Embedding, InferenceRun
from inference.parts import GOES_ON
from inference.references import references_of

logger = logging.getLogger(__name__)

_CHUNK = 32


@lru_cache(maxsize=2)
def predictor_of(folder: Path, registered: str, *, exact: bool) -> Predictor:
    """Load the predictor of an artefact whose manifest has the `registered` digest.

    Loading takes seconds and the folder never changes, so a worker keeps the last two. `exact` asks
    it in fp32 whatever its default.
    """
    return Predictor.load(folder, settings.FEATURE_CACHE, registered, exact=exact)


def carry_out(run: InferenceRun) -> None:
    """Predict the run's faces chunk by chunk; what is written stays if it is cancelled or dies."""
    with _leaving_nothing_behind(run.is_mine):
        _predict(run)


def help_along(pk: int) -> None:
    """Predict parts of a run that another worker has, as long as there are any to take."""
    run = InferenceRun.objects.filter(pk=pk, **GOES_ON).first()
    if run is None or not run.parts.free().exists():
        return
    with about(job=f"{run._meta.label_lower}:{pk}"), _leaving_nothing_behind(lambda: True):
        try:
            sharing.help_along(run, _work(run, _predictor(run)))
        except Cancelled as reason:
            logger.info("no more help: %s", reason)


@contextmanager
def _leaving_nothing_behind(may_keep: Callable[[], bool]) -> Iterator[None]:
    """Keep the cache of features in bounds, and take out what a withdrawal could not find yet."""
    since = watermark()
    try:
        with kept_only_if(may_keep):
            yield
    finally:
        if watermark() > since:  # what was being computed may have been written since
            remove_files()
        prune(settings.FEATURE_CACHE, settings.FEATURE_CACHE_MAX_BYTES)


def _predict(run: InferenceRun) -> None:
    faces = _faces_to_predict(run).values_list("pk", flat=True)
    total = faces.count()
    predictor = _predictor(run)
    progress = Progress(run)
    try:
        progress.stage("predict", total)
        if total <= settings.PREDICTION_PART:
            _predict_faces(run, predictor, list(faces), lambda done: progress(done, total))
        else:
            sharing.split(run, faces.iterator(), settings.PREDICTION_PART)
            sharing.lead(run, progress, _work(run, predictor))
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
        run.parts.all().delete()
        return
    progress.store(total, total)
    run.finish(Run.Status.SUCCEEDED)


def _predictor(run: InferenceRun) -> Predictor:
    exact = run.version.asked.precision == Precision.FP32
    return predictor_of(run.version.path, run.version.sha256, exact=exact)


def _work(run: InferenceRun, predictor: Predictor) -> sharing.Work:
    def work(first: int, last: int, tell: Callable[[int], None]) -> None:
        some = _faces_to_predict(run).filter(pk__range=(first, last))
        _predict_faces(run, predictor, list(some.values_list("pk", flat=True)), tell)

    return work


def _predict_faces(
    run: InferenceRun, predictor: Predictor, ids: list[int], tell: Callable[[int], None]
) -> None:
    for first in range(0, len(ids), _CHUNK):
        tell(first)
        _predict_those_left(run, predictor, ids[first : first + _CHUNK])


def _faces_to_predict(run: InferenceRun) -> FaceQuerySet:
    faces = Face.objects.order_by("pk")
    if run.face_ids is not None:
        faces = faces.filter(pk__in=run.face_ids)
    # Not "NOT IN": PostgreSQL would go through all of many million readings for each face.
    read = Coding.objects.filter(coder=run.version.coder_id, face=OuterRef("pk"))
    return faces.filter(~Exists(read))


def _predict_those_left(run: InferenceRun, predictor: Predictor, ids: list[int]) -> None:
    """Predict a chunk; once more, without them, where faces go while it is done."""
    since = watermark()
    try:
        _predict_chunk(run, predictor, ids)
    except Exception:
        if watermark() == since:
            raise
        _predict_those_left(run, predictor, ids)


def _predict_chunk(run: InferenceRun, predictor: Predictor, ids: list[int]) -> None:
    faces = list(Face.objects.filter(pk__in=ids).order_by("pk"))
    digests = [face.sha256 for face in faces]
    known = references_of(Face.objects.filter(pk__in=ids)) if predictor.compares else {}
    references = [known.get(face.pk) for face in faces]
    features = predictor.features(
        [local_file(face) for face in faces], digests, references=references
    )
    predictions = predictor.read(features, digests)
    embeddings = predictor.embeddings(features, digests)
    far = predictor.distances(embeddings, digests)
    store_detections(
        (face, Seen(found.box.tolist(), found.corners.tolist(), found.points.tolist()))
        for face, found in zip(faces, features.detections, strict=True)
        if found is not None
    )
    for row, (face, prediction) in enumerate(zip(faces, predictions, strict=True)):
        embedding = None if embeddings is None else packed(embeddings[row])
        found = features.detections[row]
        origin = Provenance(
            _source(run, predictor, face),
            split=run.splits.get(str(face.pk), ""),
            quality=prediction.quality,
            pose=found.pose.to_json() if found else None,
            compared_with=_kind(references[row], features, row),
            distance=None if far is None else float(far[row]),
            sets=prediction.sets.to_json() if prediction.sets else None,
        )
        _write(run, face, prediction, origin, embedding)


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


def _write(
    run: InferenceRun,
    face: Face,
    prediction: Prediction,
    origin: Provenance,
    embedding: bytes | None,
) -> None:
    try:
        with transaction.atomic():
            coding = add_coding(
                face,
                run.version.coder,
                reading_of_prediction(prediction),
                origin,
            )
            if embedding is not None:
                Embedding.objects.create(coding=coding, vector=embedding)
    except IntegrityError:
        # Another run of the same version was quicker; its prediction is the same.
        logger.info("face %s already has a prediction by %s", face.pk, run.version)


def reading_of_prediction(prediction: Prediction) -> Reading:
    return Reading(
        emotion=prediction.emotion,
        emotion_probabilities=prediction.emotion_probabilities,
        scores={
            au: Score(present=prediction.au_present[au], probability=probability)
            for au, probability in prediction.au_probabilities.items()
        },
    )
