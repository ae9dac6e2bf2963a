"""The work of an inference run, done by a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from annotations.models import Face
from annotations.models.face_querysets import FaceQuerySet
from annotations.tombstones import watermark
from annotations.withdrawal.parts import remove_files
from annotations.withdrawal.this_machine import catch_up
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import Progress, beating
from facsweb.logs import about
from inference import sharing
from inference.artefact_copies import at_hand
from inference.ml.feature_cache import kept_only_if, prune
from inference.ml.precision import Precision
from inference.ml.predictor import Predictor
from inference.models import InferenceRun
from inference.parts import GOES_ON
from inference.passing import let_pass
from inference.reading import Reader, unread
from inference.shared_features import sharing_features

logger = logging.getLogger(__name__)


@lru_cache(maxsize=2)
def predictor_of(folder: Path, registered: str, *, exact: bool) -> Predictor:
    """Load the predictor of an artefact whose manifest has the `registered` digest.

    Loading takes seconds and the folder never changes, so a worker keeps the last two. `exact` asks
    it in fp32 whatever its default.
    """
    return Predictor.load(folder, settings.FEATURE_CACHE, registered, exact=exact)


def carry_out(run: InferenceRun) -> None:
    """Predict the run's faces chunk by chunk; what is written stays if it is cancelled or dies."""
    with _in_bounds(), _leaving_nothing_behind(run.is_mine):
        _predict(run, let_pass)


def carry_out_in_passing(run: InferenceRun) -> None:
    """Predict a short run's faces in the middle of a long one (`inference.passing`).

    The long one keeps the cache of features in bounds, which means to look through all of it.
    """
    with _leaving_nothing_behind(run.is_mine):
        _predict(run, None)


def help_along(pk: int) -> None:
    """Predict parts of a run that another worker has, as long as there are any to take."""
    run = InferenceRun.objects.filter(pk=pk, **GOES_ON).first()
    if run is None or not run.parts.free().exists():
        return
    job = f"{run._meta.label_lower}:{pk}"
    with about(job=job), _in_bounds(), _leaving_nothing_behind(lambda: True):
        try:
            sharing.help_along(run, _work(run, _predictor(run)))
        except Cancelled as reason:
            logger.info("no more help: %s", reason)


@contextmanager
def _in_bounds() -> Iterator[None]:
    """Keep the cache of features in bounds."""
    try:
        yield
    finally:
        prune(settings.FEATURE_CACHE, settings.FEATURE_CACHE_MAX_BYTES)


@contextmanager
def _leaving_nothing_behind(may_keep: Callable[[], bool]) -> Iterator[None]:
    """Keep features only by leave, and take out what a withdrawal could not find yet."""
    catch_up()
    since = watermark()
    try:
        with kept_only_if(may_keep), sharing_features():
            yield
    finally:
        if watermark() > since:  # what was being computed may have been written since
            remove_files()


def _predict(run: InferenceRun, between: Callable[[], None] | None) -> None:
    faces = _faces_to_predict(run).values_list("pk", flat=True)
    total = faces.count()
    with beating(run.beat, LEASE.total_seconds() / 4):  # a model may have to be fetched first
        predictor = _predictor(run)
    progress = Progress(run)
    try:
        progress.stage("predict", total)
        if total <= settings.PREDICTION_PART:
            Reader(run, predictor, between).read(list(faces), lambda done: progress(done, total))
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
    return predictor_of(at_hand(run.version), run.version.sha256, exact=exact)


def _work(run: InferenceRun, predictor: Predictor) -> sharing.Work:
    reader = Reader(run, predictor, let_pass)

    def work(first: int, last: int, tell: Callable[[int], None]) -> None:
        some = _faces_to_predict(run).filter(pk__range=(first, last))
        reader.read(list(some.values_list("pk", flat=True)), tell)

    return work


def _faces_to_predict(run: InferenceRun) -> FaceQuerySet:
    faces = Face.objects.order_by("pk")
    if run.face_ids is not None:
        faces = faces.filter(pk__in=run.face_ids)
    return unread(run.version, faces)
