"""A run's faces, truth and readings out of the database: what it measured, to be measured again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations import facs
from annotations.facs.picture_quality import Quality
from annotations.measures.groups import DIMENSIONS
from annotations.models import ActionUnitScore, Coding
from facsweb.problems import Conflict
from inference.ml.predictions import Prediction, predictions_of
from training.ml.dataset import Sample
from training.ml.probabilities import Outputs
from training.models import TrainingRun

_CHUNK = 1000
#: Scores of the model's units, as (coding, unit, present, probability).
_SCORES = ("coding", "au", "present", "probability")


class NotPredicted(Conflict):
    code = "not_predicted"


@dataclass(frozen=True)
class StoredReadings:
    """The faces that a run was judged by.

    Attributes
    ----------
    samples
        n faces with their truth: of the run's snapshot, or else as it is today.
    said
        The version's probabilities for them, out of fold or of test subjects.
    predictions
        The same with the version's decisions.
    split
        Each face's split by its id.
    """

    samples: list[Sample]
    said: Outputs
    predictions: list[Prediction]
    split: dict[int, str]


def read_back(run: TrainingRun) -> StoredReadings:
    """Read what a run's version says of the faces that it was judged by, and their truth.

    Raises
    ------
    NotPredicted
        If the run made no version, or the version's predictions aren't there, or not all yet.
    """
    if run.version is None:
        raise NotPredicted(f"{run} made no model version.")
    own = Coding.objects.filter(coder=run.version.coder_id).exclude(split="")
    columns = ("face", "pk", "emotion_probabilities", "quality", "split")
    read = {row[0]: row[1:] for row in own.values_list(*columns).iterator()}
    samples = [each for each in _samples(run) if each.id in read]
    if not samples or (run.snapshot and len(samples) < run.snapshot.members.count()):
        raise NotPredicted(
            f"{run.version} has not read every face of {run} yet: wait for its predictions."
        )
    said, present = Outputs.empty(len(samples)), _absent(len(samples))
    rows = {}
    for row, sample in enumerate(samples):
        coding, probabilities, _, _ = read[sample.id]
        rows[coding] = row
        said.emotion[row] = [probabilities[name] for name in facs.EMOTIONS]
    columns_of = {au: column for column, au in enumerate(facs.MODEL_ACTION_UNITS)}
    scores = ActionUnitScore.objects.filter(coding__in=own, probability__isnull=False)
    for coding, au, here, probability in scores.order_by().values_list(*_SCORES).iterator():
        if coding in rows and au in columns_of:
            place = rows[coding], columns_of[au]
            said.units[place], present[place] = probability, here
    quality = [Quality(read[sample.id][2] or Quality.GOOD) for sample in samples]
    return StoredReadings(
        samples,
        said,
        predictions_of(said.emotion, said.units, present, quality),
        {sample.id: read[sample.id][3] for sample in samples},
    )


def _absent(faces: int) -> NDArray[np.bool_]:
    return np.zeros((faces, len(facs.MODEL_ACTION_UNITS)), dtype=bool)


def _samples(run: TrainingRun) -> list[Sample]:
    """Return the run's faces with the truth that it learnt from, or else with today's."""
    truth = Coding.objects.accepted()
    tags: dict[int, dict[str, str]] = {}
    if run.snapshot is not None:
        truth = Coding.objects.filter(pk__in=run.snapshot.members.values("coding"))
        tags = {
            row.pop("subject"): row for row in run.snapshot.people.values("subject", *DIMENSIONS)
        }
    codings = truth.select_related("face__subject").prefetch_related("scores").order_by("face")
    return [_sample(coding, tags) for coding in codings.iterator(chunk_size=_CHUNK)]


def _sample(coding: Coding, tags: dict[int, dict[str, str]]) -> Sample:
    subject = coding.face.subject
    known = {name: getattr(subject, name) for name in DIMENSIONS}
    units = {
        score.au: score.present
        for score in coding.scores.all()
        if score.au in facs.MODEL_ACTION_UNITS
    }
    return Sample(
        id=coding.face_id,
        path=Path(),  # the picture isn't read again
        sha256=coding.face.sha256,
        subject=subject.code,
        emotion=coding.emotion or None,
        action_units=units or None,
        groups=tags.get(subject.pk, known),
    )
