"""Train, validation and test, divided by subject: nobody's face is in two of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from training.ml.dataset import Sample, action_unit_targets, emotion_targets

SPLITS = ("train", "validation", "test")
_DRAWS = 400


class SplitError(ValueError):
    """The data cannot be split; the message says what is missing."""


def split_by_subject(
    samples: Sequence[Sample], shares: tuple[float, float, float] = (0.6, 0.2, 0.2), seed: int = 0
) -> dict[int, str]:
    """Sample id -> "train", "validation" or "test".

    The best of 400 seeded draws of subjects: the one whose splits' label counts (images, each
    emotion, each action unit) lie nearest to their shares, in squared relative error.
    """
    subjects = sorted({sample.subject for sample in samples})
    if len(subjects) < 3:
        raise SplitError(
            f"There are labelled faces of {len(subjects)} subjects; a split by subject needs "
            "at least 3, and useful figures need dozens."
        )
    counts = _label_counts(samples, subjects)
    ends = _ends(len(subjects), shares)
    generator = np.random.default_rng(seed)
    draws = (generator.permutation(len(subjects)) for _ in range(_DRAWS))
    best = min(draws, key=lambda order: _distance(counts[order], ends, shares))
    place = {}
    for split, chunk in zip(SPLITS, np.split(best, ends), strict=True):
        place.update({subjects[index]: split for index in chunk})
    assigned = {sample.id: place[sample.subject] for sample in samples}
    _check_train(samples, assigned)
    return assigned


def folds_by_subject(samples: Sequence[Sample], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """Fold (n,) of each sample, 0 to folds - 1; all of a subject's faces are in one fold.

    The best of 400 seeded draws, by the same criterion as `split_by_subject`.
    """
    subjects = sorted({sample.subject for sample in samples})
    if not 3 <= folds <= len(subjects):
        raise SplitError(
            f"{folds} folds of {len(subjects)} subjects: choose 3 folds at least, and no more "
            "than there are subjects."
        )
    counts = _label_counts(samples, subjects)
    ends = [round(len(subjects) * fold / folds) for fold in range(1, folds)]
    shares = (1 / folds,) * folds
    generator = np.random.default_rng(seed)
    draws = (generator.permutation(len(subjects)) for _ in range(_DRAWS))
    best = min(draws, key=lambda order: _distance(counts[order], ends, shares))
    place = {}
    for fold, chunk in enumerate(np.split(best, ends)):
        place.update({subjects[index]: fold for index in chunk})
    return np.array([place[sample.subject] for sample in samples], dtype=np.int64)


def _label_counts(samples: Sequence[Sample], subjects: list[str]) -> NDArray[np.float64]:
    """Per subject: images, faces of each emotion, positives of each action unit."""
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


def _ends(subjects: int, shares: tuple[float, float, float]) -> list[int]:
    """Where validation and test begin; each split gets a subject at least."""
    first = min(max(1, round(subjects * shares[0])), subjects - 2)
    second = min(max(first + 1, round(subjects * (shares[0] + shares[1]))), subjects - 1)
    return [first, second]


def _distance(counts: NDArray[np.float64], ends: list[int], shares: tuple[float, ...]) -> float:
    total = counts.sum(axis=0)
    total = np.where(total > 0, total, 1)
    got = np.stack([chunk.sum(axis=0) for chunk in np.split(counts, ends)]) / total
    wanted = np.array(shares)[:, None]
    return float((((got - wanted) / wanted) ** 2).sum())


def _check_train(samples: Sequence[Sample], assigned: dict[int, str]) -> None:
    known = {sample.emotion for sample in samples if sample.emotion}
    seen = {s.emotion for s in samples if s.emotion and assigned[s.id] == "train"}
    if known - seen:
        raise SplitError(
            f"No training subject shows {', '.join(sorted(known - seen))}; label more subjects."
        )
