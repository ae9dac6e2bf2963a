"""95 % intervals by resampling subjects. No Django.

Faces of one subject resemble each other, so subjects are drawn, not faces: the percentile
bootstrap of Efron & Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13, by cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotations.measures.counts import Array

RESAMPLES = 500
SEED = 20
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; NaN where the data leave it undefined."""

    value: float
    low: float
    high: float

    @property
    def is_defined(self) -> bool:
        return not np.isnan(self.value)

    @property
    def has_interval(self) -> bool:
        return not np.isnan(self.low)


def resampling_weights(subjects: int, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """How often each subject is drawn: shape (1 + resamples, subjects).

    The first row is the sample itself, so `weights @ sums` gives a figure and its resamples in
    one product. The same seed draws the same.
    """
    if not subjects:
        return np.ones((1 + resamples, 0))
    drawn = np.random.default_rng(seed).multinomial(
        subjects, np.full(subjects, 1 / subjects), size=resamples
    )
    return np.vstack([np.ones((1, subjects)), drawn]).astype(float)


def weigh(weights: Array, sums: Array) -> Array:
    """Sums (subjects, ...) of every resample: (1 + resamples, ...)."""
    return np.tensordot(weights, sums, axes=1)


def estimate(values: Array, subjects: int) -> Estimate:
    """A figure's value (first) and resamples as an estimate.

    Resamples that leave the figure undefined are left out. There is no interval where the figure
    has none, with fewer than two subjects, or when half of the resamples or more are undefined.
    """
    value, resampled = float(values[0]), values[1:]
    defined = resampled[~np.isnan(resampled)]
    if np.isnan(value) or subjects < 2 or 2 * len(defined) <= len(resampled):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
