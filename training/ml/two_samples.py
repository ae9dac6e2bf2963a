"""Two-sample tests by permutation of subjects: is what is seen on some faces also seen on others?

Faces of one subject resemble each other, so subjects are shuffled, not faces. A difference is
divided by its standard error first, in the sample as in every shuffle: then the test keeps its
false-alarm rate, if only about, where the two samples have other numbers of faces a subject, and
so other variances (Janssen 1997, Stat. Probab. Lett. 36; Chung & Romano 2013, "Exact and
asymptotically robust permutation tests", Ann. Stat. 41). A standard error is never less than that
of as many independent faces: a few subjects who all lack something rare vary too little by chance.
Of many columns at once, the largest difference is judged by the largest of every shuffle (Westfall
& Young 1993, *Resampling-Based Multiple Testing*): p values need no further correction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import Array, sum_by_subject

PERMUTATIONS = 999
_BLOCK = 100
_NOTHING = 1e-9


@dataclass(frozen=True)
class Clusters:
    """Values added up by subject.

    Attributes
    ----------
    sums
        (s, k) sums of k columns over each subject's faces.
    squares
        (s, k) sums of the squares.
    counts
        (s, k) on how many of the subject's faces each column is known.
    """

    sums: Array
    squares: Array
    counts: Array

    def __len__(self) -> int:
        return len(self.sums)

    def joined(self, other: Clusters) -> Clusters:
        """Return these subjects, then the other's."""
        return Clusters(
            np.concatenate([self.sums, other.sums]),
            np.concatenate([self.squares, other.squares]),
            np.concatenate([self.counts, other.counts]),
        )


@dataclass(frozen=True)
class Comparison:
    """Differences between two samples.

    Attributes
    ----------
    first, second
        (k,) mean of each column over the faces of either sample; NaN where unknown.
    p_each
        (k,) probability that the largest of k differences would be as large by chance.
    p
        The same of the whole: the least of them.
    p_sum
        Probability that all columns together would be as far apart by chance.
    """

    first: Array
    second: Array
    p_each: Array
    p: float
    p_sum: float


def by_subject(subjects: NDArray[Any], values: NDArray[Any]) -> Clusters:
    """Add up values by subject.

    Parameters
    ----------
    subjects
        (n,) each face's subject.
    values
        (n, k) numbers; NaN where unknown.

    Examples
    --------
    >>> found = by_subject(np.array(["Ada", "Ada", "Ben"]), np.array([[1.0], [np.nan], [0.0]]))
    >>> found.sums.tolist(), found.counts.tolist()
    ([[1.0], [0.0]], [[1.0], [1.0]])
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    return Clusters(*(sum_by_subject(subjects, each) for each in (filled, filled**2, known)))


def compare(
    first: Clusters, second: Clusters, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Comparison:
    """Compare two samples of subjects by a test of whether they show the same.

    Parameters
    ----------
    first, second
        Sums of the same k columns. Somebody who is in both counts as two subjects, which makes the
        test the more cautious.
    permutations
        How often subjects are shuffled; p is at least 1 / (1 + permutations).
    seed
        Seed of the shuffling.

    Returns
    -------
    Comparison
    """
    both = first.joined(second)
    labels = np.repeat([1.0, 0.0], [len(first), len(second)])
    t, total = _statistics(both, labels[None])
    shuffled = [_statistics(both, block) for block in shuffles(labels, permutations, seed)]
    largest_by_chance = np.concatenate([each.max(axis=1) for each, _ in shuffled])
    total_by_chance = np.concatenate([each for _, each in shuffled])
    return Comparison(
        _means(first),
        _means(second),
        np.array([share_beyond(each, largest_by_chance) for each in t[0]]),
        share_beyond(t[0].max(), largest_by_chance),
        share_beyond(total[0], total_by_chance),
    )


def shuffles(labels: NDArray[Any], permutations: int, seed: int) -> Iterator[NDArray[Any]]:
    """Yield shuffled labels in blocks (b, s), so that many subjects fit in memory.

    Parameters
    ----------
    labels
        (s,) each subject's label.
    permutations, seed
        As `compare` takes them.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, permutations, _BLOCK):
        rows = min(_BLOCK, permutations - start)
        yield rng.permuted(np.broadcast_to(labels, (rows, len(labels))), axis=1)


def share_beyond(found: float, by_chance: Array) -> float:
    """Return the p value of a statistic among those of shuffled data, itself counted.

    Source: Phipson & Smyth (2010), "Permutation p-values should never be zero".

    Parameters
    ----------
    found
        The statistic.
    by_chance
        (b,) the same statistic of b shuffles.

    Examples
    --------
    >>> share_beyond(2.0, np.array([1.0, 3.0, 0.5]))
    0.5
    """
    return float((1 + (by_chance >= found - _NOTHING).sum()) / (1 + len(by_chance)))


def difference(clusters: Clusters, chosen: Array) -> Array:
    """Return chosen subjects' means less those of all others, in standard errors.

    The standard error is that of a ratio of sums over subjects, by leaving out each subject in
    turn: so that one who gave most of the faces does not pass for many (Bell & McCaffrey 2002,
    "Bias reduction in standard errors for linear regression with multi-stage samples").

    Parameters
    ----------
    clusters
        s subjects.
    chosen
        (b, s) 1 for a chosen subject, else 0.

    Returns
    -------
    Array
        (b, k); 0 where it cannot be told.
    """
    return _studentised(*_gap(clusters, chosen))


def _statistics(clusters: Clusters, chosen: Array) -> tuple[Array, Array]:
    """Return each difference (b, k), and all of them squared over their variance (b,)."""
    gap, variance, scale = _gap(clusters, chosen)
    known = ~np.isnan(gap) & ~np.isnan(variance)
    squares = np.where(known, gap**2, 0.0).sum(axis=1)
    spread = np.where(known, variance, 0.0).sum(axis=1)
    t = np.abs(_studentised(gap, variance, scale))
    return t, squares / np.maximum(spread, _NOTHING**2)


def _studentised(gap: Array, variance: Array, scale: Array) -> Array:
    steady = np.maximum(variance, (_NOTHING * scale) ** 2)
    t = np.where(np.abs(gap) <= _NOTHING * scale, 0.0, gap / np.sqrt(steady))
    return np.nan_to_num(t, nan=0.0, posinf=0.0, neginf=0.0)


def _gap(clusters: Clusters, chosen: Array) -> tuple[Array, Array, Array]:
    """Return differences of means (b, k), their variances (b, k) and the columns' scale (k,)."""
    counts = clusters.counts
    known = np.maximum(counts.sum(axis=0), 1)
    mean = clusters.sums.sum(axis=0) / known
    of_one = np.maximum(clusters.squares.sum(axis=0) / known - mean**2, 0.0)
    sums = clusters.sums - counts * mean  # centred: steadier
    scale = np.maximum(np.abs(clusters.sums).sum(axis=0) / known, _NOTHING)
    chosen = np.asarray(chosen, dtype=float)
    first, second = (_mean_and_variance(sums, counts, own, of_one) for own in (chosen, 1 - chosen))
    return first[0] - second[0], first[1] + second[1], scale


def _mean_and_variance(
    sums: Array, counts: Array, chosen: Array, of_one: Array
) -> tuple[Array, Array]:
    """Return means (b, k) of chosen subjects (b, s), and their variances by the jackknife.

    `of_one` (k,) is the variance of a single face, which bounds them from below.
    """
    faces = counts.max(axis=1)
    held = chosen @ (counts > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = chosen @ counts
        mean = (chosen @ sums) / known
        leverage = np.minimum(faces / np.maximum(chosen @ faces, 1)[:, None], 1 - _NOTHING)
        left_out = chosen / (1 - leverage) ** 2
        residuals = (
            left_out @ sums**2
            - 2 * mean * (left_out @ (sums * counts))
            + mean**2 * (left_out @ counts**2)
        )
        variance = np.maximum(residuals, 0.0) / known**2 * (held - 1) / held
        variance[held < 2] = np.nan
        return mean, np.maximum(variance, of_one / known)


def _means(clusters: Clusters) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        means: Array = clusters.sums.sum(axis=0) / clusters.counts.sum(axis=0)
    return means
