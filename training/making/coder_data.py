"""Codings by people and imports, beside what a model read of the faces out of fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotations.agreement.ratings import Ratings, read_ratings
from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import Array
from annotations.models import Coder, Coding
from inference.ml.predictions import Readings
from training.ml.coder_checks import Coded
from training.ml.dataset import Sample
from training.ml.group_tables import groups_of

_TARGETS = (*EMOTIONS, *(f"AU{au}" for au in MODEL_ACTION_UNITS))


def coded_faces(samples: Sequence[Sample], readings: Readings) -> Coded:
    """Return what each coder but models says of faces, in the arrays that `check_coders` takes.

    Parameters
    ----------
    samples
        The faces of the training, by whose subjects' tags groups are made.
    readings
        The model's, out of fold.
    """
    coders = Coder.objects.exclude(kind=Coder.Kind.MODEL).order_by("pk")
    ratings = read_ratings(Coding.objects.all(), coders)
    rows = readings.rows()
    everybody = {code: place for place, code in enumerate(sorted({s.subject for s in samples}))}
    place = {face: at for at, face in enumerate(ratings.faces.tolist())}
    subjects = np.zeros(len(ratings.faces), dtype=int)
    scores = np.full((len(ratings.faces), len(_TARGETS)), np.nan)
    for sample in samples:
        at, row = place.get(sample.id), rows.get(sample.sha256)
        if at is not None and row is not None:
            subjects[at] = everybody[sample.subject]
            scores[at] = [*readings.emotion[row], *readings.units[row]]
    return Coded(
        coders=tuple(str(coder) for coder in ratings.coders),
        targets=_TARGETS,
        subjects=subjects,
        said=_said(ratings),
        scores=scores,
        groups=groups_of(samples),
    )


def _said(ratings: Ratings) -> Array:
    """Return what each coder says of each face and target (c, f, t); NaN where not coded."""
    said = np.full((len(ratings.coders), len(ratings.faces), len(_TARGETS)), np.nan)
    for number in range(len(EMOTIONS)):
        emotion = ratings.emotion.T
        said[:, :, number] = np.where(np.isnan(emotion), np.nan, emotion == number)
    for layer, au in enumerate(ratings.units):
        if au in MODEL_ACTION_UNITS:
            column = len(EMOTIONS) + MODEL_ACTION_UNITS.index(au)
            said[:, :, column] = ratings.presence[layer].T
    return said
