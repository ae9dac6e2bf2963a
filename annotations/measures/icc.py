"""The intraclass correlation of scores, such as intensities, from sums that resample. No Django."""

from __future__ import annotations

import numpy as np

from annotations.measures.counts import Array, Pairs, columns_of, divide


def moments(scores: Array, pairs: Pairs) -> Array:
    """Add up what ICC needs of each pair of coders.

    Parameters
    ----------
    scores
        (n, c) scores; NaN where a coder gave none.
    pairs
        p pairs of coders.

    Returns
    -------
    Array
        (n, p, 5), 0 where not both scored a case. The last axis: cases, squared totals of a case,
        squares, first coder's sum, second coder's sum.
    """
    first, second = columns_of(pairs)
    one, two = scores[:, first], scores[:, second]
    complete = ~(np.isnan(one) | np.isnan(two))
    one, two = np.where(complete, one, 0.0), np.where(complete, two, 0.0)
    return np.stack([complete, (one + two) ** 2, one**2 + two**2, one, two], axis=-1)


def icc_of(sums: Array) -> Array:
    """Return ICC(2,1): two-way random effects, absolute agreement, one coder's score.

    Source: Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428. The mean squares are kept
    n * k times too large: whole numbers stay whole, so that "no variation" is exactly zero.

    Parameters
    ----------
    sums
        (..., 3 + k) as `moments` gives them for k coders.

    Returns
    -------
    Array
        (...,); NaN with fewer than two cases, or where all scores are the same.
    """
    cases, case_squares, squares = sums[..., 0], sums[..., 1], sums[..., 2]
    columns = sums[..., 3:]
    judges = columns.shape[-1]
    correction = columns.sum(axis=-1) ** 2
    between_cases = cases * case_squares - correction
    between_judges = judges * (columns**2).sum(axis=-1) - correction
    rest = cases * judges * squares - correction - between_cases - between_judges
    case_mean = divide(between_cases, cases - 1)
    judge_mean = between_judges / (judges - 1)
    error_mean = divide(rest, (cases - 1) * (judges - 1))
    spread = judges * divide(judge_mean - error_mean, cases)
    return divide(case_mean - error_mean, case_mean + (judges - 1) * error_mean + spread)
