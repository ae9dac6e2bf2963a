"""Folds and a test set, divided by subject: nobody's faces are in two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from training.ml.dataset import Sample, action_unit_targets, emotion_targets

Rows = NDArray[np.int64]

_DRAWS = 400
#: The subjects by whom a fold's network stops, as a share of those whom it doesn't read.
_STOP_SHARE = 1 / 8
_FEWEST_TO_STOP = 3


class SplitError(ValueError):
    """The data cannot be split; the message says what is missing."""


@dataclass(frozen=True)
class Fold:
    """Rows of the faces that one fold's network learns from, stops by, and reads.

    Attributes
    ----------
    fit, stop, read
        Row numbers; no subject is in two of the three.
    """

    fit: Rows
    stop: Rows
    read: Rows


def rotations(samples: Sequence[Sample], fold_of: Rows, seed: int = 0) -> list[Fold]:
    """Return the folds: each reads its own faces; most of the others are learnt from.

    An eighth of the others' subjects, but three at least, say when to stop; where there are too
    few to spare, the next fold's do.

    Parameters
    ----------
    samples
        n faces with their truth.
    fold_of
        (n,) each face's fold, from 0.
    seed
        Seed of the draws of those that stop.
    """
    folds = int(fold_of.max()) + 1
    made = []
    for fold in range(folds):
        others = np.flatnonzero(fold_of != fold)
        stops = _stopping(samples, others, fold_of[others] == (fold + 1) % folds, seed + fold)
        made.append(Fold(others[~stops], others[stops], np.flatnonzero(fold_of == fold)))
    return made


def _stopping(
    samples: Sequence[Sample], others: Rows, next_fold: NDArray[np.bool_], seed: int
) -> NDArray[np.bool_]:
    subjects = len({samples[row].subject for row in others})
    if subjects < 2 * _FEWEST_TO_STOP:
        return next_fold
    share = max(_STOP_SHARE, _FEWEST_TO_STOP / subjects)
    return hold_out([samples[row] for row in others], share, seed)


def rows_by_fold(fold_of: Rows) -> list[Rows]:
    """Return which faces make each fold, in order.

    Examples
    --------
    >>> [rows.tolist() for rows in rows_by_fold(np.array([0, 1, 0]))]
    [[0, 2], [1]]
    """
    return [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]


def hold_out(samples: Sequence[Sample], share: float, seed: int = 0) -> NDArray[np.bool_]:
    """Choose the faces that are kept for the test, all of a subject's or none.

    They come from the best of 400 seeded draws of subjects: that whose label counts on both sides
    (images, each emotion, each action unit) lie nearest to their shares, in squared relative error.

    Parameters
    ----------
    samples
        n faces with their truth.
    share
        About what share of the subjects to keep; 0 keeps none.
    seed
        Seed of the draws.

    Returns
    -------
    NDArray
        (n,) whether each face is kept.

    Raises
    ------
    SplitError
        Fewer than four subjects.
    """
    if share == 0:
        return np.zeros(len(samples), dtype=bool)
    subjects = _subjects(samples, at_least=4)
    first = min(max(3, round(len(subjects) * (1 - share))), len(subjects) - 1)
    place = _best_draw(samples, subjects, [first], (1 - share, share), seed)
    return np.array([place[sample.subject] == 1 for sample in samples])


def folds_by_subject(samples: Sequence[Sample], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """Divide faces into folds; all of a subject's faces are in one.

    They come from the best of 400 seeded draws, by the same criterion as in `hold_out`.

    Parameters
    ----------
    samples
        n faces with their truth.
    folds
        How many, at least 3.
    seed
        Seed of the draws.

    Returns
    -------
    NDArray
        (n,) each face's fold, 0 to folds - 1.

    Raises
    ------
    SplitError
        Fewer than three folds or subjects, or more folds than subjects.
    """
    subjects = _subjects(samples, at_least=3)
    if not 3 <= folds <= len(subjects):
        raise SplitError(
            f"{folds} folds of {len(subjects)} subjects: choose 3 folds at least, and no more "
            "than there are subjects."
        )
    ends = [round(len(subjects) * fold / folds) for fold in range(1, folds)]
    place = _best_draw(samples, subjects, ends, (1 / folds,) * folds, seed)
    return np.array([place[sample.subject] for sample in samples], dtype=np.int64)


def _subjects(samples: Sequence[Sample], at_least: int) -> list[str]:
    subjects = sorted({sample.subject for sample in samples})
    if len(subjects) < at_least:
        raise SplitError(
            f"There are labelled faces of {len(subjects)} subjects; a split by subject needs "
            f"at least {at_least}, and useful figures need dozens."
        )
    return subjects


def _best_draw(
    samples: Sequence[Sample],
    subjects: list[str],
    ends: list[int],
    shares: tuple[float, ...],
    seed: int,
) -> dict[str, int]:
    """Return the part that each subject is in, by the best draw."""
    counts = _label_counts(samples, subjects)
    generator = np.random.default_rng(seed)
    draws = (generator.permutation(len(subjects)) for _ in range(_DRAWS))
    best = min(draws, key=lambda order: _distance(counts[order], ends, shares))
    return {
        subjects[index]: part for part, chunk in enumerate(np.split(best, ends)) for index in chunk
    }


def _label_counts(samples: Sequence[Sample], subjects: list[str]) -> NDArray[np.float64]:
    """Count by subject images, faces of each emotion, and positives of each action unit."""
    emotions = emotion_targets(samples)
    labels = np.concatenate(
        [
            np.ones((len(samples), 1)),
            emotions[:, None] == np.arange(len(EMOTIONS)),
            action_unit_targets(samples) == 1,
        ],
        axis=1,
    )
    rows = np.array([subjects.index(sample.subject) for sample in samples])
    counts = np.zeros((len(subjects), labels.shape[1]))
    np.add.at(counts, rows, labels)
    return counts


def _distance(counts: NDArray[np.float64], ends: list[int], shares: tuple[float, ...]) -> float:
    total = counts.sum(axis=0)
    total = np.where(total > 0, total, 1)
    got = np.stack([chunk.sum(axis=0) for chunk in np.split(counts, ends)]) / total
    wanted = np.array(shares)[:, None]
    return float((((got - wanted) / wanted) ** 2).sum())
