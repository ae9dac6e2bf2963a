"""Fitting the projection by which new faces are compared with those that a model learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.isotonic import IsotonicRegression

from annotations.measures.bootstrap import Array
from inference.ml.projection import ALARMS, Projection, distances, log_length
from training.ml.conformal import upper_limit

#: Numbers that are kept of a face, and the faces that one of them takes at least.
COMPONENTS = 16
_FACES_EACH = 10
#: More faces than this give the same components, and take long.
_MOST_FACES = 2000
#: Least and most folds, and what bounds their cost: each takes components of all other faces.
_FOLDS = (5, 20)
_FACES_IN_ALL_FOLDS = 12_000
_NOTHING = 1e-9
_LEAST_SHRINKAGE = 0.05
_LEAST_SPREAD = 0.01


@dataclass(frozen=True)
class _Components:
    """Components in terms of the faces that they were fitted to.

    Attributes
    ----------
    rows
        Which faces.
    vectors
        (m, e) of the centred Gram matrix, by falling variance.
    lengths
        (e,) their singular values.
    """

    rows: NDArray[np.int64]
    vectors: Array
    lengths: Array


def fit_projection(
    features: NDArray[np.float32],
    sha256s: Sequence[str],
    subjects: Sequence[str],
    components: int = COMPONENTS,
) -> Projection:
    """Fit principal components, and how much the fitted faces' scores are too large.

    The latter is measured out of fold: components of the other folds' faces give a fold's faces
    scores that vary less, the less the smaller a component is, and leave more outside.

    Parameters
    ----------
    features
        (n, d) of the training's faces.
    sha256s
        n digests of their pictures.
    subjects
        n subjects: nobody is in two folds.
    components
        At most so many; fewer of few faces.
    """
    kept = np.sort(np.random.default_rng(0).permutation(len(features))[:_MOST_FACES])
    x = features[kept].astype(np.float64)
    mean = x.mean(axis=0)
    x -= mean
    gram = x @ x.T
    count = max(1, min(components, len(x) // _FACES_EACH))
    whole = _principal(gram, np.arange(len(x)), count)
    spread = whole.lengths / np.sqrt(len(x))
    fold_of = _folds([subjects[row] for row in kept])
    shrinkage, outside, left_out = _out_of_fold(gram, fold_of, whole, count)
    limit = np.nan
    if not np.isnan(left_out).any():
        limit = upper_limit(left_out, np.array([subjects[row] for row in kept]), ALARMS)
    directions = x.T @ (whole.vectors / whole.lengths)
    largest = np.abs(directions).argmax(axis=0)  # positive: signs would be arbitrary
    directions *= np.sign(np.take_along_axis(directions, largest[None], axis=0))
    return Projection(
        mean.astype(np.float32),
        directions.astype(np.float32),
        (spread * shrinkage).astype(np.float32),
        shrinkage.astype(np.float32),
        outside,
        np.array([sha256s[row] for row in kept], dtype="S64"),
        left_out,
        np.array(limit),
    )


def _folds(subjects: Sequence[str]) -> NDArray[np.int64]:
    """Return each face's fold: many of few faces, as components of much fewer faces tell less."""
    folds = int(np.clip(_FACES_IN_ALL_FOLDS // max(len(subjects), 1), *_FOLDS))
    names, own = np.unique(subjects, return_inverse=True)
    fold_of_subject = np.random.default_rng(1).permutation(len(names)) % folds
    found: NDArray[np.int64] = fold_of_subject[own]
    return found


def _principal(gram: Array, rows: NDArray[np.int64], count: int) -> _Components:
    own = gram[np.ix_(rows, rows)]
    middle = own.mean(axis=0)
    centred = own - middle - middle[:, None] + middle.mean()
    size = len(rows)
    count = min(count, size)
    values, vectors = eigh(centred, subset_by_index=[size - count, size - 1])
    known = values[::-1] > _NOTHING * max(values[-1], _NOTHING)
    return _Components(rows, vectors[:, ::-1][:, known], np.sqrt(values[::-1][known]))


def _scores(gram: Array, found: _Components, rows: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return faces' scores (n, e), and the logarithm of how far they lie outside (n,)."""
    own = gram[np.ix_(found.rows, found.rows)].mean(axis=0)
    between = gram[np.ix_(rows, found.rows)]
    from_middle = np.diag(gram)[rows] - 2 * between.mean(axis=1) + own.mean()
    centred = between - between.mean(axis=1, keepdims=True) - own + own.mean()
    scores: Array = centred @ found.vectors / found.lengths
    return scores, log_length(from_middle - (scores**2).sum(axis=1))


def _out_of_fold(
    gram: Array, fold_of: NDArray[np.int64], whole: _Components, count: int
) -> tuple[Array, Array, Array]:
    """Return shrinkage (e,), what is known of lying outside (3,), and distances (n,).

    A component's shrinkage is never nearer to 1 than that of a larger one: the rest is chance.
    Distances are NaN where too few faces were left to measure them by.
    """
    size = len(whole.lengths)
    scaled = np.full((len(fold_of), size), np.nan)
    held, fitted = np.zeros(size), np.zeros(size)
    beyond = within = _scores(gram, whole, whole.rows)[1]
    for fold in np.unique(fold_of):
        others, rows = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if len(others) <= count:
            continue
        found = _principal(gram, others, size)
        known = len(found.lengths)
        scores, outside = _scores(gram, found, rows)
        held[:known] += (scores**2).sum(axis=0)
        fitted[:known] += found.lengths**2 * len(rows) / len(others)
        beyond = beyond.copy()
        beyond[rows] = outside
        scaled[rows] = 0
        scaled[rows, :known] = scores / found.lengths * np.sqrt(len(others))
    ratio = np.sqrt(np.divide(held, fitted, out=np.ones(size), where=fitted > 0))
    smooth = IsotonicRegression(increasing=False, y_min=_LEAST_SHRINKAGE, y_max=1.0)
    shrinkage: Array = smooth.fit_transform(np.arange(size), ratio)
    spread = max(float(beyond.std()), _LEAST_SPREAD)
    far = distances(np.column_stack([scaled / shrinkage, (beyond - beyond.mean()) / spread]))
    return shrinkage, np.array([beyond.mean(), spread, (beyond - within).mean()]), far
