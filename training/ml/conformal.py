"""Conformal limits for new subjects, of faces that come several to a subject.

Faces of one subject resemble each other, so it is the subjects that are exchangeable. A face of a
new subject, drawn at random from theirs, exceeds the limit with at most the stated probability if
each known subject counts once, their faces share that, and the new subject counts as one at
infinity (Lee, Barber & Willett 2023, "Distribution-free inference with hierarchical data",
arXiv:2306.06342; Dunn, Wasserman & Ramdas 2023, "Distribution-free prediction sets for two-layer
hierarchical models", JASA 118).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import Array

_TINY = 1e-9


def upper_limit(scores: Array, subjects: NDArray[Any], miss: float) -> float:
    """Return what a new subject's score exceeds with a probability of at most `miss`.

    Parameters
    ----------
    scores
        (n,) of known subjects' faces, by which the new ones are exchangeable.
    subjects
        (n,) whose faces they are.
    miss
        Between 0 and 1.

    Returns
    -------
    float
        One of the scores; infinity where there are fewer than 1 / miss - 1 subjects.

    Examples
    --------
    >>> nine = np.arange(9.0)
    >>> upper_limit(nine, nine, 0.1), upper_limit(nine[1:], nine[1:], 0.1)
    (8.0, inf)
    """
    _, own, faces = np.unique(subjects, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(1 / faces[own[order]]) / (len(faces) + 1)
    at = int(np.searchsorted(reached, 1 - miss - _TINY))
    return float(scores[order[at]]) if at < len(scores) else math.inf


def shares_of_subjects(holds: NDArray[np.bool_], subjects: NDArray[Any]) -> Array:
    """Return of each subject (s,), in sorted order, the share of faces (n,) where it holds."""
    _, own, faces = np.unique(subjects, return_inverse=True, return_counts=True)
    shares: Array = np.bincount(own, weights=holds, minlength=len(faces)) / np.maximum(faces, 1)
    return shares
