"""The work of a prior run, done by a worker."""

from __future__ import annotations

import logging

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from annotations.codings.reading import Reading
from annotations.codings.services import Provenance, add_coding
from annotations.facs import EMOTIONS
from annotations.models import Coder, Coding, Face
from annotations.tombstones import watermark
from annotations.withdrawal.parts import remove_files
from annotations.withdrawal.this_machine import catch_up
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress
from inference.files import local_file
from inference.ml.expression_prior import emotions_of, neutral_of
from inference.ml.feature_cache import kept_only_if, prune
from inference.ml.preprocessing import load_face, prepare
from inference.ml.prior_reader import PriorReader
from inference.ml.prior_weights import fetch_prior
from inference.models import PriorRun
from inference.passing import let_pass
from inference.prior_coder import prior_coder
from inference.shared_features import sharing_features

logger = logging.getLogger(__name__)

_CHUNK = 32
_CROP = 64  # pixels: the trunk's crop isn't looked at


def carry_out(run: PriorRun) -> None:
    """Read the faces chunk by chunk; what is written stays if it is cancelled or dies."""
    catch_up()
    since = watermark()
    try:
        with kept_only_if(run.is_mine), sharing_features():
            _read(run)
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
    else:
        run.finish(Run.Status.SUCCEEDED)
    finally:
        if watermark() > since:  # what was being computed may have been written since
            remove_files()
        prune(settings.FEATURE_CACHE, settings.FEATURE_CACHE_MAX_BYTES)


def _read(run: PriorRun) -> None:
    progress = Progress(run)
    progress.stage("weights")
    weights = fetch_prior(settings.WEIGHTS_ROOT, settings.FER_WEIGHTS, log=logger.info)
    reader, coder = PriorReader.light(weights, settings.FEATURE_CACHE), prior_coder()
    read = Coding.objects.filter(coder=coder).values("face")
    unread = Face.objects.exclude(pk__in=read).order_by("pk")
    faces = list(unread.values_list("pk", flat=True))
    progress.stage("predict", len(faces))
    for first in range(0, len(faces), _CHUNK):
        progress(first, len(faces))
        _read_chunk(run, reader, coder, faces[first : first + _CHUNK])
        let_pass()
    progress.store(len(faces), len(faces))


def _read_chunk(run: PriorRun, reader: PriorReader, coder: Coder, ids: list[int]) -> None:
    faces = list(Face.objects.filter(pk__in=ids).order_by("pk"))
    said = reader.read(
        [face.sha256 for face in faces],
        lambda row: prepare(load_face(local_file(faces[row])), _CROP),
    )
    emotions, neutral = emotions_of(said.log_probabilities), neutral_of(said.log_probabilities)
    for row, face in enumerate(faces):
        pose = said.poses[row]
        told = Provenance(
            f"prior run {run.pk}",
            quality=said.quality[row],
            pose=pose.to_json() if pose else None,
            extra={"neutral": round(float(neutral[row]), 4)},
        )
        _write(face, coder, _reading(emotions[row]), told)


def _reading(emotions: NDArray[np.float64]) -> Reading:
    probabilities = dict(zip(EMOTIONS, map(float, emotions), strict=True))
    return Reading(EMOTIONS[int(emotions.argmax())], emotion_probabilities=probabilities)


def _write(face: Face, coder: Coder, reading: Reading, told: Provenance) -> None:
    try:
        with transaction.atomic():
            add_coding(face, coder, reading, told)
    except IntegrityError:  # a run that was taken for dead was quicker; it said the same
        logger.info("face %s was already read by %s", face.pk, coder)
