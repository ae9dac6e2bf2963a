"""Figures of confusion tables: how well answers agree with the truth. No Django.

The formulas take tables of counts with any leading axes, truth down the rows, answers across, so
that a figure and all its resamples come from the same lines (bootstrap.py). They are
scikit-learn's, but that a figure which the counts leave undefined is NaN, not 0: of a unit that
no face shows nothing is known, and a mean over units must not take it for a bad one.

Shapes: s subjects or r resamples as leading axes, q categories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import Array, sum_by_subject
from annotations.measures.counts import divide, kappa_of

Figure = Callable[[Array], Array]


def table_of(truth: NDArray[np.int64], said: NDArray[np.int64], categories: int) -> Array:
    """Count faces by truth and answer.

    Parameters
    ----------
    truth, said
        (n,) categories from 0.
    categories
        q, how many there are.

    Returns
    -------
    Array
        (q, q) faces.

    Examples
    --------
    >>> table_of(np.array([1, 1, 0]), np.array([1, 0, 0]), 2).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    cells = np.bincount(truth * categories + said, minlength=categories**2)
    return cells.reshape(categories, categories).astype(float)


def tables_by_subject(
    subjects: NDArray[Any], truth: NDArray[np.int64], said: NDArray[np.int64], categories: int
) -> Array:
    """Count each subject's faces by truth and answer.

    Parameters
    ----------
    subjects
        (n,) each face's subject: names or numbers.
    truth, said
        (n,) categories from 0; -1 where there is none, and then the face counts for nothing.
    categories
        q, how many there are.

    Returns
    -------
    Array
        (s, q, q) faces, in the subjects' sorted order; also subjects of whom nothing counts.

    Examples
    --------
    >>> who = np.array(["Ada", "Ada", "Ben"])
    >>> tables_by_subject(who, np.array([1, 0, -1]), np.array([1, 1, 0]), 2).tolist()
    [[[0.0, 1.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]]
    """
    every = np.arange(categories)
    hits = (truth[:, None] == every)[:, :, None] & (said[:, None] == every)[:, None, :]
    return sum_by_subject(subjects, hits)


def one_against_rest(tables: Array) -> Array:
    """Divide tables of q categories into one 2 x 2 table each: category 1 is "this one".

    Parameters
    ----------
    tables
        (..., q, q) faces.

    Returns
    -------
    Array
        (..., q, 2, 2) faces.

    Examples
    --------
    >>> one_against_rest(np.array([[5.0, 1.0], [2.0, 3.0]]))[1].tolist()
    [[5.0, 1.0], [2.0, 3.0]]
    """
    hit = np.diagonal(tables, axis1=-2, axis2=-1)
    missed = tables.sum(axis=-1) - hit
    false = tables.sum(axis=-2) - hit
    rest = tables.sum(axis=(-2, -1))[..., None] - hit - missed - false
    return np.stack([np.stack([rest, false], axis=-1), np.stack([missed, hit], axis=-1)], axis=-2)


def precision(tables: Array) -> Array:
    """Return the share of faces found to show it that do; tables (..., 2, 2)."""
    return divide(tables[..., 1, 1], tables[..., :, 1].sum(axis=-1))


def recall(tables: Array) -> Array:
    """Return the share of faces that show it on which it is found; tables (..., 2, 2).

    Also called sensitivity, or true positive rate.
    """
    return divide(tables[..., 1, 1], tables[..., 1, :].sum(axis=-1))


def specificity(tables: Array) -> Array:
    """Return the share of faces without it on which it isn't found; tables (..., 2, 2).

    It is 1 - the false positive rate.
    """
    return divide(tables[..., 0, 0], tables[..., 0, :].sum(axis=-1))


def f1(tables: Array) -> Array:
    """Return the harmonic mean of precision and recall; tables (..., 2, 2).

    NaN where it is neither there nor found. It is the Wexler ratio of model and truth, if faces
    are pooled (`counts.wexler_of`), and Dice's coefficient.
    """
    hit = tables[..., 1, 1]
    return divide(2 * hit, 2 * hit + tables[..., 0, 1] + tables[..., 1, 0])


def skew_normalised_f1(tables: Array) -> Array:
    """Return F1 as it would be if as many faces showed it as not; tables (..., 2, 2).

    F1 falls with the base rate alone, so units of unlike base rates are compared by this one. The
    faces without it are weighted by positives / negatives. Source: Jeni, Cohn & De la Torre (2013),
    "Facing Imbalanced Data: Recommendations for the Use of Performance Metrics", ACII.

    Examples
    --------
    Of 10 faces that show it 8 are found, of 90 that don't 9 are: F1 is low for its rarity alone.

    >>> rare = np.array([[81.0, 9.0], [2.0, 8.0]])
    >>> round(float(f1(rare)), 2), round(float(skew_normalised_f1(rare)), 2)
    (0.59, 0.84)
    """
    rows = tables.sum(axis=-1)
    weight = divide(rows[..., 1], rows[..., 0])
    hit, false = tables[..., 1, 1], tables[..., 0, 1] * np.nan_to_num(weight)
    return divide(2 * hit, 2 * hit + false + tables[..., 1, 0])


def base_rate(tables: Array) -> Array:
    """Return the share of faces that show it; tables (..., 2, 2)."""
    return divide(tables[..., 1, :].sum(axis=-1), tables.sum(axis=(-2, -1)))


def selection_rate(tables: Array) -> Array:
    """Return the share of faces on which it is found; tables (..., 2, 2)."""
    return divide(tables[..., :, 1].sum(axis=-1), tables.sum(axis=(-2, -1)))


def accuracy(tables: Array) -> Array:
    """Return the share of right answers; tables (..., q, q)."""
    return divide(np.trace(tables, axis1=-2, axis2=-1), tables.sum(axis=(-2, -1)))


def balanced_accuracy(tables: Array) -> Array:
    """Return the mean recall over the categories that the truth holds; tables (..., q, q)."""
    hit = np.diagonal(tables, axis1=-2, axis2=-1)
    return mean_of_defined(divide(hit, tables.sum(axis=-1)))


def matthews(tables: Array) -> Array:
    """Return Matthews' correlation coefficient; tables (..., q, q).

    NaN where the truth, or the answers, are all the same. Source: Gorodkin (2004), "Comparing two
    K-category assignments by a K-category correlation coefficient", Comput. Biol. Chem. 28.
    """
    true, said = tables.sum(axis=-1), tables.sum(axis=-2)
    total, right = true.sum(axis=-1), np.trace(tables, axis1=-2, axis2=-1)
    together = right * total - (true * said).sum(axis=-1)
    spread = (total**2 - (true**2).sum(axis=-1)) * (total**2 - (said**2).sum(axis=-1))
    return divide(together, np.sqrt(spread))


def macro_f1(tables: Array) -> Array:
    """Return the mean F1 of the categories that truth or answers hold; tables (..., q, q)."""
    return mean_of_defined(f1(one_against_rest(tables)))


def weighted_f1(tables: Array) -> Array:
    """Return the mean F1, each category as heavy as its faces in the truth; tables (..., q, q)."""
    support = tables.sum(axis=-1)
    each = np.nan_to_num(f1(one_against_rest(tables)))
    return divide((each * support).sum(axis=-1), support.sum(axis=-1))


def micro_f1(tables: Array) -> Array:
    """Return the F1 of several 2 x 2 tables added up; tables (..., u, 2, 2)."""
    return f1(tables.sum(axis=-3))


def weighted_unit_f1(tables: Array) -> Array:
    """Return the mean F1 of 2 x 2 tables, each as heavy as its positives; (..., u, 2, 2)."""
    support = tables[..., 1, :].sum(axis=-1)
    return divide((np.nan_to_num(f1(tables)) * support).sum(axis=-1), support.sum(axis=-1))


def mean_of_defined(values: Array) -> Array:
    """Return the mean over the last axis of what isn't NaN; NaN where everything is.

    >>> mean_of_defined(np.array([[0.5, np.nan], [np.nan, np.nan]])).tolist()
    [0.5, nan]
    """
    defined = ~np.isnan(values)
    return divide(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))


#: Of one unit or class against the rest, by name.
BINARY: Mapping[str, Figure] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "specificity": specificity,
    "skew_normalised_f1": skew_normalised_f1,
    "balanced_accuracy": balanced_accuracy,
    "matthews": matthews,
    "kappa": kappa_of,
    "base_rate": base_rate,
    "selection_rate": selection_rate,
}
#: Those that range from -1 to 1; all others are from 0 to 1.
CORRELATIONS = frozenset({"matthews", "kappa"})
#: Of several classes that exclude each other, by name.
MULTICLASS: Mapping[str, Figure] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "macro_f1": macro_f1,
    "weighted_f1": weighted_f1,
    "matthews": matthews,
    "kappa": kappa_of,
}
