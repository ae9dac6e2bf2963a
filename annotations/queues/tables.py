"""Labels and model readings of many faces as arrays, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.prediction_set import PredictionSet
from annotations.models import ActionUnitScore, Coder, Coding
from annotations.models.querysets import FaceQuerySet
from annotations.queues.label_errors import Labels

_COLUMN = {au: column for column, au in enumerate(MODEL_ACTION_UNITS)}
_CLASS = {name: index for index, name in enumerate(EMOTIONS)}
_CHUNK = 20_000


@dataclass(frozen=True)
class Table:
    """n faces, ordered by id.

    Attributes
    ----------
    faces
        (n,) ids.
    labels
        The ground truth.
    emotion, units
        The model's probabilities (n, 3) and (n, 15); NaN where it read nothing.
    said, present
        Its answers: emotion (n,), -1 for none, and presence (n, 15), -1 for none.
    distance
        (n,) how far each face is from those that it learnt from, over its limit; NaN: unknown.
    possible, unsure
        Emotions (n, 3) that it can't exclude, and units (n, 15) that it can't tell; all false
        where it doesn't say.
    """

    faces: NDArray[np.int64]
    labels: Labels
    emotion: NDArray[np.float64]
    units: NDArray[np.float64]
    said: NDArray[np.int64]
    present: NDArray[np.int64]
    distance: NDArray[np.float64]
    possible: NDArray[np.bool_]
    unsure: NDArray[np.bool_]

    @property
    def tells_doubts(self) -> bool:
        """True if the model says of any face how far it is, or what it can't exclude."""
        known = ~np.isnan(self.distance)
        return bool(known.any() or self.possible.any() or self.unsure.any())


def read_table(faces: FaceQuerySet, coder: Coder | None) -> Table:
    ids = np.array(sorted(faces.order_by().values_list("pk", flat=True)), dtype=np.int64)
    row_of = {int(face): row for row, face in enumerate(ids)}
    count, units = len(ids), len(MODEL_ACTION_UNITS)
    truths = Coding.objects.accepted().filter(face__in=faces.order_by().values("pk"))
    labels = Labels(np.full(count, -1), np.full((count, units), -1), np.zeros(count, dtype=bool))
    rows = truths.order_by().values_list("face", "emotion", "basic_emotion")
    for face, emotion, basic in rows.iterator(chunk_size=_CHUNK):
        labels.emotions[row_of[face]] = _CLASS.get(emotion, -1)
        labels.happy[row_of[face]] = basic == "happy"
    for face, au, present, _ in _scores(truths):
        labels.units[row_of[face], _COLUMN[au]] = int(present)
    table = Table(
        ids, labels, np.full((count, len(EMOTIONS)), np.nan), np.full((count, units), np.nan),
        np.full(count, -1), np.full((count, units), -1), np.full(count, np.nan),
        np.zeros((count, len(EMOTIONS)), dtype=bool), np.zeros((count, units), dtype=bool),
    )  # fmt: skip
    if coder is not None:
        _read_model(table, row_of, faces, coder)
    return table


def _read_model(table: Table, row_of: dict[int, int], faces: FaceQuerySet, coder: Coder) -> None:
    codings = Coding.objects.filter(coder=coder, face__in=faces.order_by().values("pk"))
    rows = codings.order_by().values_list(
        "face", "emotion", "emotion_probabilities", "distance", "sets"
    )
    for face, emotion, chances, far, sets in rows.iterator(chunk_size=_CHUNK):
        if far is not None:
            table.distance[row_of[face]] = far
        if sets:
            _read_sets(table, row_of[face], PredictionSet.from_json(sets))
        table.said[row_of[face]] = _CLASS.get(emotion, -1)
        if chances:
            table.emotion[row_of[face]] = [chances.get(name, np.nan) for name in EMOTIONS]
    for face, au, present, chance in _scores(codings):
        table.present[row_of[face], _COLUMN[au]] = int(present)
        table.units[row_of[face], _COLUMN[au]] = np.nan if chance is None else chance


def _read_sets(table: Table, row: int, found: PredictionSet) -> None:
    table.possible[row, [_CLASS[name] for name in found.emotions]] = True
    table.unsure[row, [_COLUMN[au] for au in found.unsure]] = True


def _scores(codings: QuerySet[Coding]) -> Iterator[tuple[int, int, bool, float | None]]:
    scores = ActionUnitScore.objects.filter(
        coding__in=codings.order_by().values("pk"), au__in=MODEL_ACTION_UNITS
    )
    rows = scores.order_by().values_list("coding__face", "au", "present", "probability")
    return rows.iterator(chunk_size=_CHUNK)
