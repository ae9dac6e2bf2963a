"""Labels and model readings of many faces as arrays, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.prediction_set import PredictionSet
from annotations.models import ActionUnitScore, Coder, Coding
from annotations.models.face_querysets import FaceQuerySet
from annotations.queues.label_errors import Labels

_COLUMN = {au: column for column, au in enumerate(MODEL_ACTION_UNITS)}
_CLASS = {name: index for index, name in enumerate(EMOTIONS)}
_BITS = ("units_present", "units_absent")
_CHUNK = 20_000
#: A truth, a model's coding and its probabilities.
ROWS_A_FACE = 2 + len(MODEL_ACTION_UNITS)

#: Hears how many rows more were read; it may raise to stop.
Heard = Callable[[int], None]


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


def read_table(faces: FaceQuerySet, coder: Coder | None, heard: Heard | None = None) -> Table:
    """Read what the truth and `coder` say of faces.

    `heard` is called with how many rows more were read, of `ROWS_A_FACE` a face at most.
    """
    ids = np.array(sorted(faces.order_by().values_list("pk", flat=True)), dtype=np.int64)
    count, units = len(ids), len(MODEL_ACTION_UNITS)
    labels = Labels(np.full(count, -1), np.full((count, units), -1), np.zeros(count, dtype=bool))
    table = Table(
        ids, labels, np.full((count, len(EMOTIONS)), np.nan), np.full((count, units), np.nan),
        np.full(count, -1), np.full((count, units), -1), np.full(count, np.nan),
        np.zeros((count, len(EMOTIONS)), dtype=bool), np.zeros((count, units), dtype=bool),
    )  # fmt: skip
    truths = Coding.objects.accepted().filter(face__in=faces.order_by().values("pk"))
    tell = heard or _nobody
    for row, said, basic, *bits in _columns(
        table, truths, tell, "emotion", "basic_emotion", *_BITS
    ):
        labels.emotions[row] = _classes(said)
        labels.happy[row] = [name == "happy" for name in basic]
        labels.units[row] = _marks(*bits)
    if coder is not None:
        _read_model(table, faces, coder, tell)
    return table


def _nobody(rows: int) -> None:
    """Do nothing with it."""


def _read_model(table: Table, faces: FaceQuerySet, coder: Coder, tell: Heard) -> None:
    codings = Coding.objects.filter(coder=coder, face__in=faces.order_by().values("pk"))
    names = ("emotion", "emotion_probabilities", "distance", "sets", *_BITS)
    for row, said, chances, far, sets, *bits in _columns(table, codings, tell, *names):
        table.said[row] = _classes(said)
        table.emotion[row] = [
            [(given or {}).get(name, np.nan) for name in EMOTIONS] for given in chances
        ]
        table.distance[row] = np.array(far, np.float64)
        table.present[row] = _marks(*bits)
        for place, stored in zip(row, sets, strict=True):
            if stored:
                _read_sets(table, place, PredictionSet.from_json(stored))
    scores = ActionUnitScore.objects.filter(
        coding__in=codings.order_by().values("pk"), au__in=MODEL_ACTION_UNITS
    )
    for row, au, chance in _columns(table, scores, tell, "au", "probability", face="coding__face"):
        table.units[row, [_COLUMN[one] for one in au]] = np.array(chance, np.float64)


def _read_sets(table: Table, row: int, found: PredictionSet) -> None:
    table.possible[row, [_CLASS[name] for name in found.emotions]] = True
    table.unsure[row, [_COLUMN[au] for au in found.unsure]] = True


def _columns(
    table: Table, found: QuerySet[Any], tell: Heard, *names: str, face: str = "face"
) -> Iterator[list[Any]]:
    """Yield some thousand rows at a time, column by column, after their faces' rows in the table.

    What is said of a face that came after the table was begun is left out.
    """
    rows = found.order_by().values_list(face, *names).iterator(chunk_size=_CHUNK)
    while batch := list(islice(rows, _CHUNK)):
        tell(len(batch))
        faces = np.array([one[0] for one in batch], np.int64)
        row = np.searchsorted(table.faces, faces)
        known = np.isin(faces, table.faces)
        if not known.all():
            row, batch = row[known], [one for one, has in zip(batch, known, strict=True) if has]
        if batch:
            yield [row, *list(zip(*batch, strict=True))[1:]]


def _classes(emotions: Sequence[str]) -> list[int]:
    return [_CLASS.get(emotion, -1) for emotion in emotions]


def _marks(present: Sequence[int], absent: Sequence[int]) -> NDArray[np.int64]:
    """Return 1, 0 or -1 for each of the model's units, (n, 15), from columns of their bits."""
    shift = np.array(MODEL_ACTION_UNITS, np.int64)
    shown = np.array(present, np.int64)[:, None] >> shift & 1
    lacking = np.array(absent, np.int64)[:, None] >> shift & 1
    return np.where(shown == 1, 1, np.where(lacking == 1, 0, -1))
