"""Faces of which a model itself says that it can't tell, or that they are unlike what it knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.prediction_set import UNLIKE_FROM
from annotations.queues.tables import Table

#: More than all open questions of one face together: faces unlike the training come first.
_FIRST = 1 + len(EMOTIONS) + len(MODEL_ACTION_UNITS)
_NAMED = 4


@dataclass(frozen=True)
class Doubt:
    """The doubts about n faces.

    Attributes
    ----------
    holds
        (n,) whether there is any.
    score
        (n,) the more, the earlier a person is to be asked: faces unlike the training by how far
        they are, then by how many answers can't be excluded besides the model's.
    """

    table: Table
    units: list[int]
    by_emotion: bool
    holds: NDArray[np.bool_]
    score: NDArray[np.float64]

    def words(self, row: int) -> str:
        """Say why a person is asked about a face."""
        told = []
        if self.table.distance[row] > UNLIKE_FROM:
            far = self.table.distance[row]
            told.append(f"Unlike the faces that the model learnt from ({far:.2f} times the limit).")
        names = [EMOTIONS[at] for at in np.flatnonzero(self.table.possible[row])]
        if self.by_emotion and len(names) > 1:
            told.append(f"It can’t tell {' and '.join(names[:-1])} from {names[-1]}.")
        unsure = [MODEL_ACTION_UNITS[at] for at in self.units if self.table.unsure[row, at]]
        if unsure:
            more = f" and {len(unsure) - _NAMED} more" if len(unsure) > _NAMED else ""
            listed = ", ".join(f"AU{au}" for au in unsure[:_NAMED])
            told.append(f"It can’t say whether {listed}{more} {_are(unsure)} present.")
        return " ".join(told)


def _are(unsure: list[int]) -> str:
    return "is" if len(unsure) == 1 else "are"


def doubts_of(table: Table, by_emotion: bool, units: list[int]) -> Doubt:
    """Find what a model can't tell of faces.

    Parameters
    ----------
    table
        Its readings.
    by_emotion, units
        Whether emotions count, and which columns of action units.
    """
    is_unlike = np.nan_to_num(table.distance) > UNLIKE_FROM
    others = np.maximum(table.possible.sum(axis=1) - 1, 0) * by_emotion
    unsure = table.unsure[:, units].sum(axis=1)
    open_questions = (others + unsure).astype(float)
    far = np.where(is_unlike, _FIRST + np.nan_to_num(table.distance), 0)
    return Doubt(
        table, units, by_emotion, is_unlike | (open_questions > 0), far + open_questions / _FIRST
    )
