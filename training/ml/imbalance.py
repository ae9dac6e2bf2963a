"""Imbalance of a training's labels: prevalence, on how many people it rests, what goes with what.

- The imbalance ratio is that of the commonest to the class (Japkowicz & Stephen 2002, "The class
  imbalance problem"), and of a unit its absent to its present faces.
- The effective number of subjects is Kish's: (sum of m)^2 / (sum of m^2), where m is how many faces
  that show it each subject gave (Kish 1965, *Survey Sampling*, section 11.7).
- The design effect is 1 + (m - 1) rho, with m the mean number of faces a subject, weighted by faces
  as sizes differ, and rho the intraclass correlation by the analysis of variance (Kish 1965,
  section 5.4; Donner & Klar 2000, *Design and Analysis of Cluster Randomization Trials*).
  Coded faces over it are how many independent faces they are worth.
- Intervals are by a bootstrap over subjects (`annotations.measures.bootstrap`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import (
    Array,
    estimate_share,
    resampling_weights,
    weigh,
)
from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from annotations.synthetic.combinations import combinations
from training.ml.balance import Balance, Part, Spread, Together
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.imbalance_flags import flags_of
from training.ml.interval import Interval
from training.ml.two_samples import Clusters, by_subject

_CLASSES = len(EMOTIONS)


@dataclass(frozen=True)
class Labels:
    """The labels of n faces.

    Attributes
    ----------
    subjects
        (n,) names.
    shown
        (n, t) 1 where shown, 0 where not, NaN where not coded: the classes, then the units.
    """

    subjects: NDArray[np.str_]
    shown: Array

    def __getitem__(self, rows: Any) -> Labels:
        return Labels(self.subjects[rows], self.shown[rows])


def labels_of(samples: Sequence[Sample]) -> Labels:
    """Return the labels of faces as arrays.

    Parameters
    ----------
    samples
        n faces.
    """
    truth = emotion_targets(samples)
    emotions = np.where(truth[:, None] < 0, np.nan, truth[:, None] == np.arange(_CLASSES))
    units = action_unit_targets(samples).astype(np.float64)
    units[units < 0] = np.nan
    names = np.array([sample.subject for sample in samples], dtype=np.str_)
    return Labels(names, np.hstack([emotions, units]))


def imbalance(samples: Sequence[Sample], split: Mapping[int, str]) -> Balance:
    """Measure how evenly labels are spread over faces, people, splits and groups.

    Parameters
    ----------
    samples
        The faces of a training.
    split
        Each one's split by its id.
    """
    labels = labels_of(samples)
    splits = np.array([split.get(sample.id, "") for sample in samples], dtype=np.str_)
    tags = {
        dimension: np.array([s.groups.get(dimension) or NOT_RECORDED for s in samples], dtype=str)
        for dimension in DIMENSIONS
    }
    names = [name for name in np.unique(splits) if name]
    found = Balance(
        overall=spread_of(labels, "all"),
        splits=_parts(labels, splits, names) if len(names) > 1 else (),
        groups={name: _parts(labels, own, list(np.unique(own))) for name, own in tags.items()},
        together=together(labels.shown),
    )
    return replace(found, flags=tuple(flags_of(found, labels.subjects, labels.shown, tags)))


def _parts(labels: Labels, own: NDArray[np.str_], names: Sequence[str]) -> tuple[Part, ...]:
    return tuple(spread_of(labels[own == name], str(name)) for name in names)


def spread_of(labels: Labels, name: str) -> Part:
    """Measure each class and unit of some faces.

    Parameters
    ----------
    labels
        The faces.
    name
        What they are called.
    """
    clusters = by_subject(labels.subjects, labels.shown) if len(labels.subjects) else None
    if clusters is None:
        return Part(name)
    shares = _shares(clusters)
    spreads = [_spread(clusters, column, shares[column]) for column in range(len(shares))]
    most = max(spread.shown for spread in spreads[:_CLASSES])
    emotions = {
        emotion: replace(spread, ratio=most / spread.shown if spread.shown else None)
        for emotion, spread in zip(EMOTIONS, spreads, strict=False)
    }
    units = dict(zip(MODEL_ACTION_UNITS, spreads[_CLASSES:], strict=True))
    return Part(name, len(labels.subjects), len(clusters), emotions, units)


def _shares(clusters: Clusters) -> list[Interval]:
    weights = resampling_weights(len(clusters))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = weigh(weights, clusters.sums) / weigh(weights, clusters.counts)
    coded = (clusters.counts > 0).sum(axis=0)
    found = [estimate_share(values[:, k], int(coded[k])) for k in range(len(coded))]
    return [Interval(*(_number(end) for end in (e.value, e.low, e.high))) for e in found]


def _spread(clusters: Clusters, column: int, share: Interval) -> Spread:
    shown, coded = clusters.sums[:, column], clusters.counts[:, column]
    effect = design_effect(shown, coded)
    return Spread(
        shown=int(shown.sum()),
        coded=int(coded.sum()),
        subjects=int((shown > 0).sum()),
        share=share,
        ratio=_number((coded.sum() - shown.sum()) / shown.sum()) if shown.any() else None,
        effective_subjects=effective_number(shown) if shown.any() else None,
        design_effect=effect,
        worth=float(coded.sum()) / effect if effect else None,
    )


def effective_number(sizes: Array) -> float:
    """Return Kish's effective number of equal parts: (sum of m)^2 / (sum of m^2).

    Parameters
    ----------
    sizes
        (s,) how much each subject gave, not all 0.

    Examples
    --------
    Ten people who gave two faces each; and ten, one of whom gave 91 of the hundred:

    >>> effective_number(np.full(10, 2.0)), round(effective_number(np.array([91.0] + [1.0] * 9)), 2)
    (10.0, 1.21)
    """
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def design_effect(shown: Array, coded: Array) -> float | None:
    """Return by how much faces of one person being alike swells the variance of a share.

    Parameters
    ----------
    shown, coded
        (s,) faces of each subject that show it, and on which it is coded.

    Returns
    -------
    float or None
        At least 1; None with fewer than two subjects, with one face of each, or where all or none
        of the faces show it.

    Examples
    --------
    Whoever shows it, shows it always: four faces of a person tell as much as one.

    >>> design_effect(np.array([4.0, 0.0, 4.0, 0.0]), np.full(4, 4.0))
    4.0
    """
    coded, shown = coded[coded > 0], shown[coded > 0]
    subjects, faces = len(coded), coded.sum()
    share = shown.sum() / faces if subjects else 0.0
    if subjects < 2 or faces == subjects or share in (0.0, 1.0):
        return None
    own = shown / coded
    within = (coded * own * (1 - own)).sum() / (faces - subjects)
    between = (coded * (own - share) ** 2).sum() / (subjects - 1)
    typical = (faces - (coded**2).sum() / faces) / (subjects - 1)
    correlation = (between - within) / (between + (typical - 1) * within)
    return max(1.0, float(1 + ((coded**2).sum() / faces - 1) * correlation))


def together(shown: Array, weights: Array | None = None) -> Together:
    """Count what occurs with what.

    Parameters
    ----------
    shown
        (n, t) as `Labels.shown`.
    weights
        (n,) how many faces each row stands for; one by default.
    """
    weight = np.ones(len(shown)) if weights is None else weights
    present, known = np.nan_to_num(shown), (~np.isnan(shown)).astype(float)
    emotion, unit, coded = present[:, :_CLASSES], present[:, _CLASSES:], known[:, _CLASSES:]
    weighted = unit * weight[:, None]
    return Together(
        both=_whole(weighted.T @ unit),
        shown=_whole(weighted.T @ coded),
        coded=_whole((coded * weight[:, None]).T @ coded),
        of_emotion=_whole((emotion * weight[:, None]).T @ unit),
        emotion_coded=_whole((emotion * weight[:, None]).T @ coded),
    )


@lru_cache(maxsize=1)
def ckplus_together() -> Together:
    """Count what occurs with what among the 327 labelled sequences of CK+ (Lucey et al. 2010).

    By `annotations/synthetic/combinations.csv`, which says where its counts come from.
    """
    rows = combinations()
    shown = np.array(
        [
            [float(row.high_level == name) for name in EMOTIONS]
            + [float(au in row.action_units) for au in MODEL_ACTION_UNITS]
            for row in rows
        ]
    )
    return together(shown, np.array([float(row.count) for row in rows]))


def _whole(counts: Array) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(round(count) for count in row) for row in counts)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
