"""Intervals that hold for several differences at once."""

from __future__ import annotations

import numpy as np

from annotations.measures.bootstrap import LEVEL, Array


def ends_at_once(draws: Array) -> tuple[Array, Array]:
    """Return the ends of intervals that all hold at once in 95 data sets of 100.

    They are difference ± c SE, where c is the 95 % quantile of the greatest
    |difference* - difference| / SE of the draws (max T; Westfall & Young 1993, *Resampling-Based
    Multiple Testing*): how often it is wrong, docs/fairness.md has.

    Parameters
    ----------
    draws
        (1 + r, t) differences, and resamples of them; NaN where undefined.

    Returns
    -------
    tuple of Array
        (t,) the low and the high ends.

    Examples
    --------
    >>> draws = np.array([[0.0, 1.0], [-1.0, 1.5], [1.0, 0.5]])
    >>> [end.tolist() for end in ends_at_once(draws)]
    [[-1.0, 0.5], [1.0, 1.5]]
    """
    error = np.nanstd(draws[1:], axis=0)
    off = np.abs(draws[1:] - draws[0]) / np.where(error > 0, error, 1)
    furthest = np.nan_to_num(off).max(axis=1, initial=0.0)
    wide = np.quantile(furthest, LEVEL) * error
    return draws[0] - wide, draws[0] + wide
