"""Counts of who said what, and the agreement figures that follow from them. No Django.

The formulas take counts alone, with any leading axes. A resample of subjects is a weighted sum of
their counts, so one matrix product makes all resamples (bootstrap.py), and a figure and its
interval come from the same lines.

Shapes: n units (or subjects, or resamples), c coders, p pairs of coders, q categories.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Counts:
    """Additive counts of nominal ratings; the leading axis is shared."""

    #: (n,) units with at least one rating, and with at least two.
    rated: Array
    pairable: Array
    #: (n,) share of agreeing pairs among a unit's pairs of ratings.
    agreeing: Array
    #: (n, q) share of a unit's ratings in each category.
    shares: Array
    #: (n, q, q) Krippendorff's coincidences.
    coincidences: Array
    #: (n, p, q, q) contingency tables of the pairs: the first coder's ratings down the rows.
    tables: Array

    def mapped(self, change: Callable[[Array], Array]) -> Counts:
        """Make the same change to every count.

        Parameters
        ----------
        change
            Linear, and of the leading axis alone: a sum, a choice, a product with weights.
        """
        return Counts(**{field.name: change(getattr(self, field.name)) for field in fields(self)})

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )


def count(ratings: Array, categories: int, pairs: Pairs) -> Counts:
    """Count who said what of each unit.

    Parameters
    ----------
    ratings
        (n, c) categories from 0 to `categories` - 1; NaN where a coder did not code a unit.
    categories
        q, how many the scale has.
    pairs
        p pairs of coders, whose tables are counted.

    Returns
    -------
    Counts
        Of n units, to be added up over any of them.

    Examples
    --------
    >>> said = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, np.nan]])
    >>> counts = count(said, 2, [(0, 1)])
    >>> counts.pairable.tolist(), counts.agreeing.tolist()
    ([1.0, 1.0, 0.0], [1.0, 0.0, 0.0])
    >>> counts.tables.sum(axis=0)[0].tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    said = ratings[:, :, None] == np.arange(categories)
    votes = said.sum(axis=1).astype(float)
    raters = votes.sum(axis=1)
    pairable = raters >= 2
    ordered = votes[:, :, None] * votes[:, None, :] - votes[:, :, None] * np.eye(categories)
    partners = np.where(pairable, raters - 1, 1)
    coincidences = np.where(pairable[:, None, None], ordered / partners[:, None, None], 0.0)
    several = np.maximum(raters, 1)
    first, second = columns_of(pairs)
    tables = said[:, first, :, None] & said[:, second, None, :]
    return Counts(
        rated=(raters > 0).astype(float),
        pairable=pairable.astype(float),
        agreeing=np.trace(coincidences, axis1=1, axis2=2) / several,
        shares=votes / several[:, None],
        coincidences=coincidences,
        tables=tables.astype(float),
    )


def agreement_of(counts: Counts) -> Array:
    """Return the share of agreeing pairs of ratings, 0 to 1.

    Parameters
    ----------
    counts
        With any leading axis (n,).

    Returns
    -------
    Array
        (n,); NaN where no unit has two ratings. Source: Gwet (2014), *Handbook of Inter-Rater
        Reliability*, 4th edition.
    """
    return divide(counts.agreeing, counts.pairable)


def ac1_of(counts: Counts) -> Array:
    """Return Gwet's AC1.

    The chance agreement is sum(share * (1 - share)) / (q - 1). Source: Gwet (2008), British
    Journal of Mathematical and Statistical Psychology 61, 29-48.

    Parameters
    ----------
    counts
        With any leading axis (n,).

    Returns
    -------
    Array
        (n,); NaN where no unit has two ratings.
    """
    share = divide(counts.shares, counts.rated[..., None])
    chance = (share * (1 - share)).sum(axis=-1) / max(share.shape[-1] - 1, 1)
    return divide(agreement_of(counts) - chance, 1 - chance)


def alpha_of(counts: Counts) -> Array:
    """Return Krippendorff's alpha for nominal data.

    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".

    Parameters
    ----------
    counts
        With any leading axis (n,).

    Returns
    -------
    Array
        (n,); NaN where all ratings that can be paired are of one category.
    """
    together = counts.coincidences
    totals = together.sum(axis=-1)
    values = totals.sum(axis=-1)
    observed = values - np.trace(together, axis1=-2, axis2=-1)
    expected = values**2 - (totals**2).sum(axis=-1)
    # Thirds and sevenths add up to almost nothing where there is nothing.
    expected = np.where(expected < 1e-9 * np.maximum(values, 1) ** 2, 0.0, expected)
    return 1 - divide((values - 1) * observed, expected)


def kappa_of(tables: Array) -> Array:
    """Return Cohen's kappa.

    Source: Cohen (1960), Educational and Psychological Measurement 20, 37-46.

    Parameters
    ----------
    tables
        (..., q, q) units, the first coder's categories down the rows.

    Returns
    -------
    Array
        (...,); NaN where the table is empty, or both always name the same category.

    Examples
    --------
    Half of what chance leaves is agreed on:

    >>> float(kappa_of(np.array([[3.0, 1.0], [1.0, 3.0]])))
    0.5
    """
    total = tables.sum(axis=(-2, -1))
    observed = np.trace(tables, axis1=-2, axis2=-1) * total
    chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return divide(observed - chance, total**2 - chance)


def wexler_of(tables: Array) -> Array:
    """Return Wexler's ratio, 2 |A and B| / (|A| + |B|).

    Source: Ekman, Friesen & Hager (2002), *FACS Investigator's Guide*. It is Dice's coefficient.

    Parameters
    ----------
    tables
        (..., 2, 2) units, where category 1 is "present".

    Returns
    -------
    Array
        (...,), 0 to 1; NaN where nobody scored anything present.

    Examples
    --------
    Both scored 3 units present, and each one more alone; what both left out doesn't count:

    >>> float(wexler_of(np.array([[90.0, 1.0], [1.0, 3.0]])))
    0.75
    """
    scored = tables[..., 1, :].sum(axis=-1) + tables[..., :, 1].sum(axis=-1)
    return divide(2 * tables[..., 1, 1], scored)


def mean_of_pairs(values: Array, units: Array) -> Array:
    """Return the mean over pairs of coders, each pair as heavy as its units.

    Where all coded the same units this is the plain mean (for kappa: Light, 1971, Psychological
    Bulletin 76, 365-377).

    Parameters
    ----------
    values
        (..., p) of each pair; those that are NaN are left out.
    units
        (..., p) how many units each pair has in common.

    Returns
    -------
    Array
        (...,); NaN where no pair has a value.

    Examples
    --------
    >>> float(mean_of_pairs(np.array([0.5, np.nan, 0.8]), np.array([20.0, 5.0, 10.0])))
    0.6
    """
    weights = np.where(np.isnan(values), 0.0, units)
    return divide((np.nan_to_num(values) * weights).sum(axis=-1), weights.sum(axis=-1))


def divide(above: Array, below: Array) -> Array:
    """Divide, and give NaN without a warning where `below` is zero.

    >>> divide(np.array([1.0, 2.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    quotient = np.full(above.shape, np.nan)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient


def columns_of(pairs: Pairs) -> tuple[list[int], list[int]]:
    return [first for first, _ in pairs], [second for _, second in pairs]
