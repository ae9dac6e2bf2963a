"""Inter-coder agreement on an array of ratings. No Django.

`ratings` has the shape (units, coders): one row per thing coded, one column per coder, NaN where
a coder did not code it. Categories are any numbers. A figure that the data leave undefined is
NaN, never an error or a warning; each function says when.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from annotations.measures.counts import (
    Array,
    Counts,
    Pairs,
    ac1_of,
    agreement_of,
    alpha_of,
    count,
    kappa_of,
    mean_of_pairs,
    wexler_of,
)
from annotations.measures.icc import icc_of


def percent_agreement(ratings: ArrayLike) -> float:
    """Return the share (0 to 1) of agreeing pairs of ratings.

    It is averaged over units with two or more; for two coders: the share of units on which they
    agree. Source: Gwet (2014), *Handbook of Inter-Rater Reliability*, 4th edition.

    Parameters
    ----------
    ratings
        (units, coders), any numbers for categories; NaN where a coder did not code a unit.

    Returns
    -------
    float
        NaN when no unit has two ratings.

    Examples
    --------
    >>> percent_agreement([[1, 1], [0, 0], [1, 0], [1, float("nan")]])
    0.6666666666666666
    """
    return float(agreement_of(_totals(ratings)))


def cohen_kappa(ratings: ArrayLike) -> float:
    """Return kappa of two coders, over units that both coded.

    Source: Cohen (1960), Educational and Psychological Measurement 20, 37-46.

    Parameters
    ----------
    ratings
        (units, coders), any numbers for categories; NaN where a coder did not code a unit.

    Returns
    -------
    float
        NaN when they have no unit in common, or both always name the same single category: chance
        agreement is then 1.

    Raises
    ------
    ValueError
        There aren't two columns; `light_kappa` takes more.

    Examples
    --------
    >>> cohen_kappa([[1, 1], [1, 1], [0, 0], [0, 1]])
    0.5
    """
    if _array(ratings).shape[1] != 2:
        raise ValueError("Cohen's kappa is of two coders.")
    return light_kappa(ratings)


def light_kappa(ratings: ArrayLike) -> float:
    """Return Cohen's kappa averaged over pairs of coders, each as heavy as its common units.

    Source: Light (1971), Psychological Bulletin 76, 365-377, where all code the same units and
    the mean is a plain one.

    Parameters
    ----------
    ratings
        (units, coders), any numbers for categories; NaN where a coder did not code a unit.

    Returns
    -------
    float
        NaN when kappa is undefined for every pair.
    """
    tables = _totals(ratings, with_pairs=True).tables
    return float(mean_of_pairs(kappa_of(tables), tables.sum(axis=(-2, -1))))


def gwet_ac1(ratings: ArrayLike, *, categories: int = 2) -> float:
    """Return Gwet's AC1, for two or more coders and missing ratings.

    Source: Gwet (2008), British Journal of Mathematical and Statistical Psychology 61, 29-48.
    Units with one rating count towards the categories' shares only: Gwet (2014), *Handbook of
    Inter-Rater Reliability*, 4th edition, on missing ratings.

    Parameters
    ----------
    ratings
        (units, coders), any numbers for categories; NaN where a coder did not code a unit.
    categories
        How many the scale has; those in the ratings count when they are more. One that nobody
        used changes the chance agreement, as in Gwet's paper.

    Returns
    -------
    float
        NaN when no unit has two ratings.
    """
    return float(ac1_of(_totals(ratings, categories=categories)))


def krippendorff_alpha(ratings: ArrayLike) -> float:
    """Return Krippendorff's alpha for nominal data, any number of coders, missing ratings.

    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".

    Parameters
    ----------
    ratings
        (units, coders), any numbers for categories; NaN where a coder did not code a unit.

    Returns
    -------
    float
        NaN when no unit has two ratings, or all ratings that could be paired are of one category.
    """
    return float(alpha_of(_totals(ratings)))


def icc_2_1(scores: ArrayLike) -> float:
    """Return ICC(2,1): two-way random effects, absolute agreement, one coder's score.

    Source: Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428.

    Parameters
    ----------
    scores
        (units, coders) scores. Units that some coder did not score (NaN) are left out.

    Returns
    -------
    float
        NaN with fewer than two coders or complete units, or when all scores are the same.

    Examples
    --------
    The paper's own table, of six targets and four judges:

    >>> first, second, third = [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8]
    >>> fourth, fifth, sixth = [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]
    >>> round(icc_2_1([first, second, third, fourth, fifth, sixth]), 2)
    0.29
    """
    table = _array(scores)
    if table.shape[1] < 2:
        return float("nan")
    complete = table[~np.isnan(table).any(axis=1)]
    by_case, squares = (complete.sum(axis=1) ** 2).sum(), (complete**2).sum()
    return float(icc_of(np.array([len(complete), by_case, squares, *complete.sum(axis=0)])))


def wexler_ratio(present: ArrayLike) -> float:
    """Return Wexler's ratio 2 |A and B| / (|A| + |B|) of action units scored by two coders.

    Source: Ekman, Friesen & Hager (2002), *FACS Investigator's Guide*; FACS certification asks
    for 0.70. It is Dice's coefficient, and F1 for two coders; absences that both agree on don't
    count.

    Parameters
    ----------
    present
        Shape (units, coders), a unit being one action unit on one face: 1 present, 0 absent.
        More than two coders: the mean over pairs, each as heavy as its common units.

    Returns
    -------
    float
        NaN when no pair scored anything present.

    Examples
    --------
    >>> wexler_ratio([[1, 1], [1, 0], [1, 1], [0, 0]])
    0.8
    """
    tables = count(_array(present), 2, _pairs(_array(present))).tables.sum(axis=0)
    return float(mean_of_pairs(wexler_of(tables), tables.sum(axis=(-2, -1))))


def prevalence(present: ArrayLike) -> float:
    """Return the share of "present" in a unit's ratings, averaged over units with a rating.

    For two coders who coded everything: the mean of their two shares.

    Parameters
    ----------
    present
        (units, coders): 1 present, 0 absent, NaN not coded.

    Returns
    -------
    float
        NaN when there is no rating.
    """
    votes = _array(present)
    rated = ~np.isnan(votes)
    units = rated.any(axis=1)
    if not units.any():
        return float("nan")
    shares = np.nansum(votes[units], axis=1) / rated[units].sum(axis=1)
    return float(shares.mean())


def _totals(ratings: ArrayLike, *, categories: int = 0, with_pairs: bool = False) -> Counts:
    """Counts over all units, of categories numbered as they sort."""
    table = _array(ratings)
    known = np.unique(table[~np.isnan(table)])
    codes = np.where(np.isnan(table), np.nan, np.searchsorted(known, table))
    pairs = _pairs(table) if with_pairs else []
    counted = count(codes, max(categories, len(known), 1), pairs)
    return counted.mapped(lambda values: values.sum(axis=0))


def _pairs(table: Array) -> Pairs:
    return list(combinations(range(table.shape[1]), 2))


def _array(ratings: ArrayLike) -> Array:
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2:
        raise ValueError("Ratings are of the shape (units, coders).")
    return table
