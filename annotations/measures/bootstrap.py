"""95 % intervals by resampling subjects: the one bootstrap of the product. NumPy alone, no Django.

Faces of one subject resemble each other, so subjects are drawn, not faces: the percentile
bootstrap of Efron & Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13, by cluster.

A resample is a row of weights, how often it holds each subject. Where a figure follows from sums
over subjects, `weigh(weights, sums)` makes these sums for all resamples in one matrix product, and
the same formula gives the figure (row 0) and its resamples (the rows after it):

>>> subjects = np.array(["Ada", "Ada", "Ben", "Cleo"])
>>> right = np.array([1.0, 0.0, 1.0, 1.0])
>>> sums = sum_by_subject(subjects, np.stack([right, np.ones(4)], axis=1))
>>> sums.tolist()
[[1.0, 2.0], [1.0, 1.0], [1.0, 1.0]]
>>> hits, faces = weigh(resampling_weights(len(sums), resamples=200), sums).T
>>> accuracy = estimate(hits / faces, len(sums))
>>> accuracy.value, accuracy.low, accuracy.high
(0.75, 0.5, 1.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 500
SEED = 20
LEVEL = 0.95
#: Resamples whose numbers are in memory as NumPy draws them, in eight bytes each.
_DRAWN_AT_ONCE = 50


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes
    ----------
    value
        NaN where the data leave the figure undefined.
    low, high
        Ends of the interval; NaN where there is none.
    """

    value: float
    low: float
    high: float

    @property
    def is_defined(self) -> bool:
        """True if the data define the figure."""
        return not np.isnan(self.value)

    @property
    def has_interval(self) -> bool:
        """True if there is an interval."""
        return not np.isnan(self.low)


def resampling_weights(subjects: int, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Draw how often each subject is in each resample.

    Parameters
    ----------
    subjects
        How many there are: each resample draws as many, with replacement.
    resamples
        How many resamples to draw.
    seed
        The same seed draws the same.

    Returns
    -------
    Array
        (1 + resamples, subjects), whole numbers. The first row is the sample itself, each subject
        once.

    Examples
    --------
    >>> resampling_weights(3, resamples=2).sum(axis=1).tolist()
    [3.0, 3.0, 3.0]
    """
    if not subjects:
        return np.ones((1 + resamples, 0))
    drawn = np.random.default_rng(seed).multinomial(
        subjects, np.full(subjects, 1 / subjects), size=resamples
    )
    return np.vstack([np.ones((1, subjects)), drawn]).astype(float)


def stratified_weights(
    strata: NDArray[Any], *, resamples: int = RESAMPLES, seed: int = SEED
) -> NDArray[np.uint16]:
    """Draw how often each subject is in each resample, each stratum's among themselves.

    So every resample holds as many subjects of a stratum as the sample does (Efron & Tibshirani
    1993, chapter 8, on two samples).

    Parameters
    ----------
    strata
        (s,) each subject's stratum: 0, 1, 2 and so on. Stratum k is drawn with seed + k.
    resamples, seed
        As `resampling_weights` takes them.

    Returns
    -------
    NDArray[np.uint16]
        (1 + resamples, s); the first row is the sample itself. In two bytes each, as those of a
        hundred thousand subjects would take gigabytes otherwise.

    Examples
    --------
    >>> drawn = stratified_weights(np.array([0, 1, 0, 1, 1]), resamples=3)
    >>> drawn[:, [0, 2]].sum(axis=1).tolist(), drawn[:, [1, 3, 4]].sum(axis=1).tolist()
    ([2, 2, 2, 2], [3, 3, 3, 3])
    """
    weights = np.ones((1 + resamples, len(strata)), np.uint16)
    for stratum in np.unique(strata):
        own = np.flatnonzero(strata == stratum)
        draw, count = np.random.default_rng(seed + int(stratum)), len(own)
        for first in range(1, 1 + resamples, _DRAWN_AT_ONCE):
            rows = np.arange(first, min(first + _DRAWN_AT_ONCE, 1 + resamples))
            shares = np.full(count, 1 / count)
            weights[np.ix_(rows, own)] = draw.multinomial(count, shares, size=len(rows))
    return weights


def two_sample_weights(
    first: int, second: int, *, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[Array, Array]:
    """Draw two samples apart, by one stream of random numbers.

    Each resample draws its subjects of the first sample, then of the second, by their index: for
    thousands of resamples that is faster than `resampling_weights`, which draws how often.

    Parameters
    ----------
    first, second
        How many subjects each sample has.
    resamples, seed
        As `resampling_weights` takes them.

    Returns
    -------
    tuple of Array
        (1 + resamples, first) and (1 + resamples, second); row 0 is the samples themselves.

    Examples
    --------
    >>> [part.sum(axis=1).tolist() for part in two_sample_weights(2, 3, resamples=2)]
    [[2.0, 2.0, 2.0], [3.0, 3.0, 3.0]]
    """
    subjects = first + second
    bounds = np.repeat([first, second], [first, second])
    drawn = np.random.default_rng(seed).integers(np.tile(bounds, (resamples, 1)))
    # Each index becomes the cell of its resample and subject; how often a cell is hit counts it.
    cells = drawn + np.repeat([0, first], [first, second])
    cells += subjects * np.arange(resamples)[:, None]
    counts = np.bincount(cells.ravel(), minlength=resamples * subjects)
    drawn = counts.reshape(resamples, subjects).astype(np.float64)
    weights: Array = np.vstack([np.ones((1, subjects)), drawn])
    return weights[:, :first], weights[:, first:]


def sum_by_subject(subjects: NDArray[Any], values: NDArray[Any]) -> Array:
    """Add up the values of each subject's rows.

    Parameters
    ----------
    subjects
        (n,) each row's subject: names or numbers.
    values
        (n, ...) numbers or truth values.

    Returns
    -------
    Array
        (s, ...) sums, in the subjects' sorted order.
    """
    names, own = np.unique(subjects, return_inverse=True)
    order = np.argsort(own, kind="stable")
    starts = np.searchsorted(own[order], np.arange(len(names)))
    sums: Array = np.add.reduceat(values[order].astype(np.float64), starts, axis=0)
    return sums


def weigh(weights: Array, sums: Array) -> Array:
    """Add up the subjects of every resample.

    Parameters
    ----------
    weights
        (1 + r, s) as the functions above draw them.
    sums
        (s, ...) sums of each subject.

    Returns
    -------
    Array
        (1 + r, ...) sums of the sample and of every resample.
    """
    return np.tensordot(weights, sums, axes=1)


def interval(resampled: Array, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the percentile interval of a figure's resamples.

    Parameters
    ----------
    resampled
        (r,) values, all of them defined.
    level
        The share of resamples that lie within.

    Returns
    -------
    tuple of float
        Low and high end.
    """
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def estimate_share(values: Array, subjects: int) -> Estimate:
    """Return a figure from 0 to 1 with its 95 % interval, which at 0 and at 1 is no point.

    Where all subjects are read rightly so is every resample, and the bootstrap's interval would be
    as narrow for seven subjects as for a thousand. There it is that of Clopper & Pearson (1934,
    Biometrika 26), with a subject for a trial: of seven right ones, 0.59 to 1.

    Parameters
    ----------
    values, subjects
        As `estimate` takes them.

    Examples
    --------
    >>> seven = estimate_share(np.ones(101), subjects=7)
    >>> round(seven.low, 2), seven.high
    (0.59, 1.0)
    """
    found = estimate(values, subjects)
    end = ((1 - LEVEL) / 2) ** (1 / max(subjects, 1))
    if found.has_interval and found.low == found.high == found.value:
        if found.value == 1:
            return Estimate(1.0, end, 1.0)
        if found.value == 0:
            return Estimate(0.0, 0.0, 1 - end)
    return found


def estimate(values: Array, subjects: int) -> Estimate:
    """Return a figure with its 95 % interval.

    Resamples that leave the figure undefined are left out.

    Parameters
    ----------
    values
        (1 + r,) the figure's value, then its resamples; NaN where undefined.
    subjects
        How many subjects the figure rests on.

    Returns
    -------
    Estimate
        Without an interval where the figure is undefined, with fewer than two subjects, or when
        half of the resamples or more are undefined.
    """
    value, resampled = float(values[0]), values[1:]
    defined = resampled[~np.isnan(resampled)]
    if np.isnan(value) or subjects < 2 or 2 * len(defined) <= len(resampled):
        return Estimate(value, float("nan"), float("nan"))
    return Estimate(value, *interval(defined))
