"""Choosing the cutoffs of prediction sets on readings out of fold, and measuring what they hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import Array
from inference.ml.prediction_sets import COVERAGE, Cutoffs, SetRule
from training.ml.conformal import upper_limit
from training.ml.probabilities import Outputs
from training.ml.promise_figures import Promises, Share, UnitPromise, share_of

Rows = NDArray[np.int64]

#: Readings are kept in single precision: the face at the limit stays within it.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Answered:
    """Labelled faces, and what parts of a model that never saw their subjects say of them.

    Attributes
    ----------
    said, present
        Probabilities and decisions (n, 15).
    emotions, units
        (n,) and (n, 15) the labels, -1 where not coded.
    subjects
        (n,) whose faces they are.
    """

    said: Outputs
    present: NDArray[np.bool_]
    emotions: Rows
    units: NDArray[np.float32]
    subjects: NDArray[Any]

    def __getitem__(self, rows: Rows) -> Answered:
        return Answered(
            self.said[rows],
            self.present[rows],
            self.emotions[rows],
            self.units[rows],
            self.subjects[rows],
        )


def choose_cutoffs(faces: Answered, coverage: float = COVERAGE) -> SetRule:
    """Choose the cutoffs by which sets hold each label as often as promised.

    Parameters
    ----------
    faces
        n faces, read out of fold.
    coverage
        The promise, of each class by itself.
    """
    miss = 1 - coverage

    def limit(scores: Array, shown: NDArray[np.bool_]) -> float | None:
        found = upper_limit(scores[shown], faces.subjects[shown], miss)
        return found + _ROUNDING if math.isfinite(found) else None

    def negated(cut: float | None) -> float | None:
        return None if cut is None else -cut

    chances, units = faces.said.emotion, faces.said.units
    emotions: Cutoffs = tuple(
        negated(limit(-chances[:, place], faces.emotions == place))
        for place in range(len(EMOTIONS))
    )
    columns = range(len(MODEL_ACTION_UNITS))
    return SetRule(
        coverage,
        emotions,
        tuple(negated(limit(-units[:, at], faces.units[:, at] == 1)) for at in columns),
        tuple(limit(units[:, at], faces.units[:, at] == 0) for at in columns),
    )


def observe_sets(
    faces: Answered, parts: Iterable[tuple[Rows, Rows]], coverage: float = COVERAGE
) -> Promises:
    """Measure how often sets hold the label, with cutoffs chosen on other subjects' faces.

    Parameters
    ----------
    faces
        n faces.
    parts
        Faces to choose the cutoffs on, and others to measure on: each at most once.
    coverage
        The promise.
    """
    tally = _Tally(len(faces.subjects))
    for chosen, judged in parts:
        tally.put(choose_cutoffs(faces[chosen], coverage), faces[judged], judged)
    return tally.promises(faces, coverage)


class _Tally:
    """Answers that the sets of n faces hold; faces that were not judged count for nothing."""

    def __init__(self, faces: int) -> None:
        units = len(MODEL_ACTION_UNITS)
        self.emotion = np.zeros((faces, len(EMOTIONS)), dtype=bool)
        self.here, self.gone = (np.zeros((faces, units), dtype=bool) for _ in range(2))
        self.judged_emotion = np.zeros((faces, len(EMOTIONS)), dtype=bool)
        self.judged_unit = np.zeros((faces, units), dtype=bool)

    def put(self, rule: SetRule, faces: Answered, rows: Rows) -> None:
        self.emotion[rows] = rule.emotion_sets(faces.said.emotion)
        self.here[rows], self.gone[rows] = rule.unit_sets(faces.said.units, faces.present)
        self.judged_emotion[rows] = [cut is not None for cut in rule.emotions]
        self.judged_unit[rows] = np.isin(MODEL_ACTION_UNITS, rule.judged_units)

    def promises(self, faces: Answered, coverage: float) -> Promises:
        subjects = faces.subjects

        def share(holds: NDArray[np.bool_], among: NDArray[np.bool_]) -> Share:
            return share_of(holds[among], subjects[among])

        emotions = {
            name: share(self.emotion[:, at], among)
            for at, name in enumerate(EMOTIONS)
            if (among := self.judged_emotion[:, at] & (faces.emotions == at)).any()
        }
        units = {
            au: UnitPromise(
                share(self.here[:, at], judged & (faces.units[:, at] == 1)),
                share(self.gone[:, at], judged & (faces.units[:, at] == 0)),
                share(self.here[:, at] & self.gone[:, at], judged),
            )
            for at, au in enumerate(MODEL_ACTION_UNITS)
            if (judged := self.judged_unit[:, at]).any()
        }
        told = np.logical_or.reduce(self.judged_emotion, axis=1)
        alone = np.logical_and(told, self.emotion.sum(axis=1) == 1)
        right = self._holds_label(faces.emotions)
        return Promises(
            coverage=coverage if emotions or units else None,
            emotions=emotions,
            single=share(alone, told) if told.any() else None,
            single_right=share(right, alone & (faces.emotions >= 0)) if alone.any() else None,
            units=units,
        )

    def _holds_label(self, labels: Rows) -> NDArray[np.bool_]:
        held: NDArray[np.bool_] = self.emotion[np.arange(len(labels)), np.maximum(labels, 0)]
        return held & (labels >= 0)


def folds_in_turn(fold_of: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows of all other folds, and those of each fold."""
    for fold in np.unique(fold_of):
        yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
