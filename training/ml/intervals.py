"""Figures of emotions and action units with their 95 % intervals, by a bootstrap over subjects."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures import confusion
from annotations.measures.bootstrap import (
    Array,
    Estimate,
    estimate,
    estimate_share,
    resampling_weights,
    weigh,
)
from annotations.measures.ranking import resampled_areas
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample
from training.ml.interval import Interval
from training.ml.metrics import ActionUnitFigures, EmotionFigures, SplitFigures

Figure = Callable[[Array], Array]


@dataclass(frozen=True)
class _Draws:
    """The subjects of some faces, and resamples of them."""

    #: (n,) each face's subject, by its place in `weights`.
    rows: NDArray[np.int64]
    #: (1 + r, s).
    weights: Array

    def tables(self, truth: NDArray[np.int64], said: NDArray[np.int64], categories: int) -> Array:
        """Return each subject's confusion table: (s, q, q)."""
        return confusion.tables_by_subject(self.rows, truth, said, categories)

    def intervals(self, figures: Mapping[str, Figure], sums: Array) -> dict[str, Interval]:
        """Return figures of the subjects' tables (s, ...), each by the subjects who count in it."""
        tables, found = weigh(self.weights, sums), {}
        for name, figure in figures.items():
            counting = int((~np.isnan(figure(sums))).sum())
            kind = estimate if name in confusion.CORRELATIONS else estimate_share
            found[name] = _interval(kind(figure(tables), counting))
        return found

    def areas(self, scores: Array, truth: NDArray[np.int64]) -> dict[str, Interval]:
        """Return both areas under curves, over the faces that are coded and have a score."""
        known = (truth >= 0) & ~np.isnan(scores)
        if not known.any():
            return {"roc_auc": Interval(), "average_precision": Interval()}
        positive = truth[known] == 1
        roc, precision = resampled_areas(scores[known], positive, self.rows[known], self.weights)
        counting = len(np.unique(self.rows[known][positive]))
        return {
            "roc_auc": _interval(estimate_share(roc, counting)),
            "average_precision": _interval(estimate_share(precision, counting)),
        }


def with_intervals(
    figures: SplitFigures, pairs: Sequence[tuple[Sample, Prediction]], *, of_each: bool = True
) -> SplitFigures:
    """Add to the figures of some faces how far they can be trusted.

    Parameters
    ----------
    figures
        What `evaluate.figures` says of these faces.
    pairs
        The faces and predictions: n of them.
    of_each
        Also those of each class and unit, not only of all together.
    """
    if not pairs:
        return figures
    _, rows = np.unique([sample.subject for sample, _ in pairs], return_inverse=True)
    draws = _Draws(rows, resampling_weights(int(rows.max()) + 1))
    return replace(
        figures,
        emotion=figures.emotion and _of_emotions(figures.emotion, pairs, draws, of_each),
        action_units=figures.action_units
        and _of_units(figures.action_units, pairs, draws, of_each),
    )


def _of_emotions(
    figures: EmotionFigures,
    pairs: Sequence[tuple[Sample, Prediction]],
    draws: _Draws,
    of_each: bool,
) -> EmotionFigures:
    truth = _numbers(EMOTIONS.index(s.emotion) if s.emotion else -1 for s, _ in pairs)
    said = _numbers(EMOTIONS.index(p.emotion) for _, p in pairs)
    tables = draws.tables(truth, said, len(EMOTIONS))
    overall = draws.intervals(confusion.MULTICLASS, tables)
    if not of_each:
        return replace(figures, intervals=overall)
    each, per_class = confusion.one_against_rest(tables), {}
    for number, name in enumerate(EMOTIONS):
        scores = _scores(p.emotion_probabilities.get(name) for _, p in pairs)
        one = np.where(truth < 0, -1, truth == number)
        intervals = draws.intervals(confusion.BINARY, each[:, number])
        per_class[name] = replace(
            figures.per_class[name], intervals=intervals | draws.areas(scores, one)
        )
    return replace(figures, per_class=per_class, intervals=overall)


def _of_units(
    figures: ActionUnitFigures,
    pairs: Sequence[tuple[Sample, Prediction]],
    draws: _Draws,
    of_each: bool,
) -> ActionUnitFigures:
    per_au, counted = dict(figures.per_au), []
    for au in (au for au in MODEL_ACTION_UNITS if au in figures.per_au):
        truth = _numbers(-1 if not s.action_units else s.action_units.get(au, -1) for s, _ in pairs)
        tables = draws.tables(truth, _numbers(p.au_present[au] for _, p in pairs), 2)
        if of_each:
            scores = _scores(p.au_probabilities.get(au) for _, p in pairs)
            intervals = draws.intervals(confusion.BINARY, tables) | draws.areas(scores, truth)
            per_au[au] = replace(figures.per_au[au], intervals=intervals)
        if figures.per_au[au].counted:
            counted.append(tables)
    overall = {}
    if counted:
        # Never found in a resample counts 0 there, as in the sample; never shown counts nothing.
        units = np.stack(counted, axis=1)
        overall = draws.intervals(
            {
                "macro_f1": lambda tables: confusion.mean_of_defined(confusion.f1(tables)),
                "micro_f1": confusion.micro_f1,
                "weighted_f1": confusion.weighted_unit_f1,
            },
            units,
        )
    return replace(figures, per_au=per_au, intervals=overall)


def _numbers(values: Iterable[Any]) -> NDArray[np.int64]:
    return np.array([int(value) for value in values], dtype=np.int64)


def _scores(values: Iterable[float | None]) -> Array:
    return np.array([math.nan if value is None else value for value in values], dtype=float)


def _interval(found: Estimate) -> Interval:
    ends = (found.value, found.low, found.high)
    return Interval(*(None if math.isnan(each) else each for each in ends))
