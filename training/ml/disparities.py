"""Distances between the groups of a dimension, in fairlearn's words, and what chance makes of them.

Between the best and the worst of several groups there is always a difference, and with a hundred
differences some are large. So each stands beside what chance makes of it: subjects' tags are dealt
out anew 500 times, and a difference is told from chance where it lies further above its mean, in
standard deviations, than the furthest of all differences does in 95 deals of 100 (max T; Westfall &
Young 1993, *Resampling-Based Multiple Testing*).

Shapes: s subjects, g groups of one dimension, r resamples or deals, t targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import LEVEL, Array, interval, resampling_weights
from training.ml.fairness_figures import Disparity
from training.ml.group_rates import Sums, emotion_figures, rounded, target_figures, telling
from training.ml.group_tables import EMOTION, Group, GroupTables
from training.ml.interval import Interval

#: Differences by fairlearn's names, and the figures that they are of: the greater one counts.
PARITY: Mapping[str, tuple[str, ...]] = {
    "demographic_parity_difference": ("selection_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "accuracy_difference": ("accuracy",),
    "f1_difference": ("f1",),
}
RESAMPLES, DEALS, SEED = 500, 500, 20


def disparities(tables: GroupTables) -> tuple[Disparity, ...]:
    """Compare the groups of each dimension that are large enough, two at least.

    Parameters
    ----------
    tables
        The answers by subject.
    """
    by_dimension: dict[str, list[Group]] = {}
    for group in tables.groups:
        if tables.is_enough(group):
            by_dimension.setdefault(group.dimension, []).append(group)
    told: list[Disparity] = []
    dealt: list[Array] = []
    for groups in by_dimension.values():
        if len(groups) > 1:
            rows, differences = _of_dimension(tables, groups)
            told += rows
            dealt.append(differences)
    return tuple(_beside_chance(told, np.concatenate(dealt, axis=1))) if told else ()


def _of_dimension(tables: GroupTables, groups: list[Group]) -> tuple[list[Disparity], Array]:
    """Return the differences between some groups, and (deals, their number) those of chance."""
    members = np.array([group.members for group in groups], dtype=float)
    drawn = _figures(tables, np.stack([_draws(each) for each in members], axis=1), members[None])
    dealt = np.stack([members[:, order] for order in _orders(members)])
    dealt_figures = _figures(tables, dealt, dealt)
    everybody = np.ones((1, 1, members.shape[1]))
    overall = {name: each[0, 0] for name, each in _figures(tables, everybody, everybody).items()}
    told, chances = [], []
    for name, column in _seen(drawn):
        parts = PARITY[name]
        spreads = np.stack([_spread(drawn[part][..., column]) for part in parts])
        worst = parts[int(np.nanargmax(spreads[:, 0]))]
        told.append(
            _told(
                groups,
                ((EMOTION, *tables.targets)[column], name),
                drawn[worst][0, :, column],
                float(overall[worst][column]),
                _greatest(spreads),
            )
        )
        chances.append(
            _greatest(np.stack([_spread(dealt_figures[part][..., column]) for part in parts]))
        )
    return told, np.stack(chances, axis=1) if chances else np.zeros((DEALS, 0))


def _seen(drawn: Mapping[str, Array]) -> Iterator[tuple[str, int]]:
    """Yield the differences for which two groups have a figure, and the target's column."""
    for name, parts in PARITY.items():
        several = np.stack([(~np.isnan(drawn[part][0])).sum(axis=0) > 1 for part in parts])
        for column in np.flatnonzero(several.any(axis=0)):
            yield name, int(column)


def _told(
    groups: list[Group], what: tuple[str, str], found: Array, overall: float, spread: Array
) -> Disparity:
    """Describe a difference, given each group's figure (g,) and resamples of it (1 + r,)."""
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    defined = spread[~np.isnan(spread)]
    return Disparity(
        dimension=groups[0].dimension,
        target=what[0],
        name=what[1],
        difference=Interval(rounded(high - low), *map(rounded, interval(defined))),
        ratio=rounded(low / high) if high else None,
        to_overall=rounded(float(np.nanmax(np.abs(found - overall)))),
        lowest=groups[int(np.nanargmin(found))].name,
        highest=groups[int(np.nanargmax(found))].name,
    )


def _beside_chance(told: list[Disparity], dealt: Array) -> Iterator[Disparity]:
    """Add to k differences what chance makes of them; dealt (deals, k)."""
    mean, deviation = np.nanmean(dealt, axis=0), np.nanstd(dealt, axis=0)
    furthest = np.nanmax((dealt - mean) / np.where(deviation > 0, deviation, 1), axis=1)
    limits = mean + np.quantile(furthest, LEVEL) * deviation
    for each, limit in zip(told, limits, strict=True):
        yield replace(each, chance=rounded(float(limit)))


def _figures(tables: GroupTables, weights: Array, counted: Array) -> dict[str, Array]:
    """Return figures (r, g, 1 + t) by name, the emotion first.

    Parameters
    ----------
    tables
        The answers by subject.
    weights
        (r, g, s) groups or resamples of them.
    counted
        (r or 1, g, s) those by whose faces a figure says something or, NaN, nothing.
    """
    sums, enough = Sums.of(tables, weights), telling(Sums.of(tables, counted))
    of_emotion = {"accuracy": emotion_figures(sums)["accuracy"]}
    unknown = np.full(weights.shape[:2], np.nan)
    return {
        name: np.concatenate(
            [
                of_emotion.get(name, unknown)[..., None],
                np.where(enough[name], values, np.nan),
            ],
            axis=-1,
        )
        for name, values in target_figures(sums).items()
    }


def _draws(members: Array) -> Array:
    """Return weights (1 + r, s) of a group's subjects, drawn among themselves."""
    weights = np.zeros((1 + RESAMPLES, len(members)))
    drawn = resampling_weights(int(members.sum()), resamples=RESAMPLES, seed=SEED)
    weights[:, members > 0] = drawn
    return weights


def _orders(members: Array) -> Iterator[NDArray[np.int64]]:
    """Yield orders (s,) of the subjects, the same for every dimension."""
    generator = np.random.default_rng(SEED)
    for _ in range(DEALS):
        yield generator.permutation(members.shape[1])


def _spread(values: Array) -> Array:
    """Return the greatest less the smallest of groups; NaN where fewer than two have a figure."""
    unknown = np.isnan(values)
    spread = np.where(unknown, -np.inf, values).max(axis=-1)
    spread = spread - np.where(unknown, np.inf, values).min(axis=-1)
    few: Array = np.where((~unknown).sum(axis=-1) > 1, spread, np.nan)
    return few


def _greatest(values: Array) -> Array:
    """Return the greatest over the first axis; NaN where none is defined."""
    unknown = np.isnan(values)
    greatest = np.where(unknown, -np.inf, values).max(axis=0)
    defined: Array = np.where(unknown.all(axis=0), np.nan, greatest)
    return defined
