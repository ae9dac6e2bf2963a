"""Readings of the same faces by several coders, and their figures in resamples of subjects.

Each resample gives every coder's figures, so what makes a face hard for all of them cancels in
their differences (the paired bootstrap: Efron & Tibshirani 1993, *An Introduction to the
Bootstrap*, chapter 8, here by subject).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures import confusion
from annotations.measures.bootstrap import SEED, Array, resampling_weights, weigh
from annotations.measures.support import FEWEST_TO_USE

#: A gate hangs on the ends of these intervals, so there are more resamples than elsewhere.
RESAMPLES = 2000
#: So many are drawn at once: a hundred thousand subjects fit into memory.
_DRAWN_AT_ONCE = 200
#: The figures of all classes and of all units together.
OVERALL = ("emotion_accuracy", "emotion_macro_f1", "au_macro_f1")
#: F1 of each class and of each unit.
EACH = (*(f"emotion:{name}" for name in EMOTIONS), *(f"au:{au}" for au in MODEL_ACTION_UNITS))

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Step = Callable[[int, int], object]


@dataclass(frozen=True)
class Readings:
    """Readings of n faces by the truth and by k coders; -1 is not coded.

    Attributes
    ----------
    faces, subjects
        (n,) ids of the faces and of their subjects.
    groups
        Demographic dimension -> (n,) the group of each face's subject.
    true_emotion, emotion
        (n,) and (k, n) places in EMOTIONS.
    true_units, units
        (n, u) and (k, n, u) presence of MODEL_ACTION_UNITS, 0 or 1.
    """

    faces: Codes
    subjects: Codes
    groups: Mapping[str, NDArray[np.str_]]
    true_emotion: Codes
    emotion: Codes
    true_units: Codes
    units: Codes

    @property
    def rows(self) -> Codes:
        """The place of each face's subject among all, (n,)."""
        return np.unique(self.subjects, return_inverse=True)[1]

    def in_common(self) -> Readings:
        """Blank the truth where a coder says nothing: all are judged by the same faces."""
        coded = (self.emotion >= 0).all(axis=0), (self.units >= 0).all(axis=0)
        return replace(
            self,
            true_emotion=np.where(coded[0], self.true_emotion, -1),
            true_units=np.where(coded[1], self.true_units, -1),
        )


@dataclass(frozen=True)
class Tables:
    """Confusion tables of s subjects by k coders: emotion (s, k, q, q), units (s, k, u, 2, 2)."""

    emotion: Array
    units: Array

    def of(self, subjects: Mask) -> Tables:
        """Keep some subjects."""
        return Tables(self.emotion[subjects], self.units[subjects])

    def overall(self, weights: Array) -> Array:
        """Return `OVERALL` of resamples: weights (r, s) to (r, k, 3)."""
        return self._overall(weigh(weights, self.emotion), weigh(weights, self.units))

    def figures(self, weights: Array) -> Array:
        """Return `OVERALL`, then `EACH`, of resamples: weights (r, s) to (r, k, 3 + q + u)."""
        emotion, units = weigh(weights, self.emotion), weigh(weights, self.units)
        each = confusion.f1(confusion.one_against_rest(emotion)), confusion.f1(units)
        return np.concatenate([self._overall(emotion, units), *each], axis=-1)

    def _overall(self, emotion: Array, units: Array) -> Array:
        shown = self.units[:, 0, :, 1, :].sum(axis=(0, 2))
        mean = confusion.mean_of_defined(confusion.f1(units[:, :, shown >= FEWEST_TO_USE]))
        return np.stack([confusion.accuracy(emotion), confusion.macro_f1(emotion), mean], axis=-1)


def tables_of(readings: Readings) -> Tables:
    """Count each subject's faces by the truth and by what each coder says."""
    rows, classes = readings.rows, len(EMOTIONS)
    emotion = [
        confusion.tables_by_subject(rows, readings.true_emotion, said, classes)
        for said in readings.emotion
    ]
    units = [
        [
            confusion.tables_by_subject(rows, readings.true_units[:, au], said[:, au], 2)
            for au in range(said.shape[1])
        ]
        for said in readings.units
    ]
    by_coder = [np.stack(each, axis=1) for each in units]
    return Tables(np.stack(emotion, axis=1), np.stack(by_coder, axis=1))


def resampled(
    tables: Tables, parts: Sequence[Mask], step: Step | None = None
) -> tuple[Array, list[Array]]:
    """Return the figures of the sample and of its resamples.

    Parameters
    ----------
    tables
        Of s subjects.
    parts
        Masks (s,) of the subjects of a group each.
    step
        Told how many resamples are done, and how many there are.

    Returns
    -------
    Array, list of Array
        (1 + r, k, 3 + q + u) of all subjects, and (1 + r, k, 3) of each part in the same resamples.
    """
    whole, own = [], [[] for _ in parts]  # type: list[Array], list[list[Array]]
    held = [tables.of(part) for part in parts]
    for first in range(0, RESAMPLES, _DRAWN_AT_ONCE):
        weights = resampling_weights(
            len(tables.emotion), resamples=_DRAWN_AT_ONCE, seed=SEED + first
        )
        weights = weights[1:] if first else weights  # the sample itself comes once
        whole.append(tables.figures(weights))
        for found, part, its in zip(own, parts, held, strict=True):
            found.append(its.overall(weights[:, part]))
        if step is not None:
            step(first + _DRAWN_AT_ONCE, RESAMPLES)
    return np.concatenate(whole), [np.concatenate(each) for each in own]
