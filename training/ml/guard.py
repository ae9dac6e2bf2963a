"""The guard of the champion's place: what must not fall unasked, and what a first model must beat.

A figure falls where the whole interval of its paired difference lies below 0, as the data then rule
out chance: how far below plays no part, so a fall of a thousandth counts if it is certain. Of both
macro F1 that is their 95 % interval. Classes, units and groups are looked at two dozen at a time,
so their intervals are widened for that (Bonferroni): otherwise the gate would ask at every second
promotion of a model that is as good (tests/benchmarks/promotion_gate.py), and people would learn to
tick its box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from annotations.measures.bootstrap import LEVEL
from training.ml.baselines import always_f1
from training.ml.compared import TOO_FEW, Compared, ComparisonFigures
from training.ml.interval import Interval
from training.ml.metrics import ActionUnitFigures, EmotionFigures, Metrics, SplitFigures
from training.ml.stored import Stored

_OVERALL = ("emotion_macro_f1", "au_macro_f1")
#: Of the worst group. Not the emotions' macro F1: a small group may lack a class.
_OF_GROUPS = ("emotion_accuracy", "au_macro_f1")
NAMES = {
    "emotion_accuracy": "Emotion accuracy",
    "emotion_macro_f1": "Emotion macro F1",
    "au_macro_f1": "AU macro F1",
}


@dataclass(frozen=True)
class Fall(Stored):
    """A guarded figure that falls, in numbers and words.

    Attributes
    ----------
    name, dimension
        As in `ComparisonFigures`; `dimension` is "" unless it is the worst group's figure.
    champion, candidate
        Their figures.
    difference
        The second minus the first, with the interval by which it falls.
    words
        All of it in a sentence's part.
    """

    name: str = ""
    dimension: str = ""
    champion: float | None = None
    candidate: float | None = None
    difference: Interval = field(default_factory=Interval)
    words: str = ""


def falls(figures: ComparisonFigures) -> tuple[Fall, ...]:
    """Return the guarded figures that fall from the first coder to the second.

    They are the emotions' and the units' macro F1, the F1 of each class and unit, and the worst
    group's emotion accuracy and AU macro F1 by gender, age group and ethnicity. Of what too few
    faces or subjects show (`Compared.enough`) nothing can be said.
    """
    guarded = [each for each in _guarded(figures) if each[0].verdict(1) != TOO_FEW]
    looks = sum(row.name not in _OVERALL or bool(dimension) for row, dimension in guarded)
    found = []
    for row, dimension in guarded:
        single = row.name not in _OVERALL or bool(dimension)
        difference = widened(row.differences[0], looks if single else 1)
        if difference.high is not None and difference.high < 0:
            found.append(_fall(row, dimension, difference))
    return tuple(found)


def widened(difference: Interval, looks: int) -> Interval:
    """Enlarge a 95 % interval so that it holds for as many looks together.

    Each side grows as that of a normal distribution would, from 0.025 to 0.025 / `looks`: 2,000
    resamples have no such tails.

    >>> one = widened(Interval(-0.1, -0.2, -0.02), 20)
    >>> round(one.low, 2), round(one.high, 2)
    (-0.25, 0.02)
    """
    if difference.value is None or difference.low is None or difference.high is None:
        return difference
    tail = (1 - LEVEL) / 2
    factor = NormalDist().inv_cdf(tail / looks) / NormalDist().inv_cdf(tail)
    low, high = (
        difference.value + factor * (end - difference.value)
        for end in (difference.low, difference.high)
    )
    return Interval(difference.value, low, high)


def _guarded(figures: ComparisonFigures) -> Iterator[tuple[Compared, str]]:
    for row in figures.overall:
        if row.name in _OVERALL:
            yield row, ""
    for row in (*figures.classes, *figures.units):
        yield row, ""
    for dimension, rows in figures.worst.items():
        for row in rows:
            if row.name in _OF_GROUPS:
                yield row, dimension


def _fall(row: Compared, dimension: str, difference: Interval) -> Fall:
    champion, candidate = row.figures
    low, high = signed(difference.low), signed(difference.high)
    whose = f"{label_of(row.name)} of the worst {dimension.replace('_', ' ')}" if dimension else ""
    return Fall(
        row.name,
        dimension,
        champion.value,
        candidate.value,
        difference,
        f"{whose or label_of(row.name)} falls from {champion.value:.2f} to {candidate.value:.2f} "
        f"({signed(difference.value)}, interval {low} to {high})",
    )


def label_of(name: str) -> str:
    """Return a figure's name in words.

    >>> label_of("au:12"), label_of("emotion:negative"), label_of("au_macro_f1")
    ('AU12', 'Negative', 'AU macro F1')
    """
    kind, _, what = name.partition(":")
    if not what:
        return NAMES.get(name, name)
    return f"AU{what}" if kind == "au" else what.capitalize()


def signed(value: float | None) -> str:
    """Write a difference with its sign, a small one with a digit more; "–" where there is none.

    >>> signed(-0.134), signed(0.002), signed(0), signed(None)
    ('−0.13', '+0.002', '0', '–')
    """
    if not value:
        return "–" if value is None else "0"
    digits = 2 if abs(value) >= 0.005 else 3
    return f"{'−' if value < 0 else '+'}{abs(value):.{digits}f}"


def difference_text(difference: Interval) -> str:
    """Write a difference with its interval.

    >>> difference_text(Interval(-0.134, -0.2, -0.07))
    '−0.13, 95 % interval −0.20 to −0.07'
    """
    if difference.low is None or difference.high is None:
        return signed(difference.value)
    return (
        f"{signed(difference.value)}, 95 % interval {signed(difference.low)} to "
        f"{signed(difference.high)}"
    )


@dataclass(frozen=True)
class FirstVerdict:
    """Whether a first model may become the champion by itself, and why, in words."""

    passes: bool
    words: str


def judge_first(metrics: Metrics) -> FirstVerdict:
    """Judge a first model by constant answers, on subjects that it never saw.

    The lower end of the 95 % interval of its emotion macro F1 must lie above the macro F1 of always
    answering the commonest class, and that of its AU macro F1 above the mean F1 of always finding
    the units that count in it. A head that was not measured is not asked; one must be.
    """
    figures = metrics.test or SplitFigures()
    asked = [
        (name, (found.intervals or {}).get("macro_f1", Interval()), baseline)
        for name, found, baseline in (
            ("emotion macro F1", figures.emotion, _majority_f1(figures.emotion)),
            ("AU macro F1", figures.action_units, _always_f1(figures.action_units)),
        )
        if found is not None and baseline is not None
    ]
    if not asked:
        return FirstVerdict(False, "nothing was measured on subjects that it never saw")
    told = "; ".join(_told(name, found, baseline) for name, found, baseline in asked)
    beaten = [found.low is not None and found.low > baseline for _, found, baseline in asked]
    if all(beaten):
        return FirstVerdict(True, f"it beats constant answers: {told}")
    return FirstVerdict(False, f"it isn’t shown to beat constant answers: {told}")


def _told(name: str, found: Interval, baseline: float) -> str:
    if found.value is None or found.low is None or found.high is None:
        return f"{name} has no interval, against {baseline:.2f}"
    return f"{name} {found.value:.2f} ({found.low:.2f} to {found.high:.2f}) against {baseline:.2f}"


def _majority_f1(emotion: EmotionFigures | None) -> float | None:
    """Return the macro F1 of always answering the commonest class: all others have 0."""
    shown = [row.support for row in emotion.per_class.values() if row.support] if emotion else []
    return always_f1(max(shown) / sum(shown)) / len(shown) if shown else None


def _always_f1(units: ActionUnitFigures | None) -> float | None:
    rates = [
        row.base_rate
        for row in (units.per_au.values() if units else ())
        if row.counted and row.base_rate is not None
    ]
    return float(np.mean([always_f1(rate) for rate in rates])) if rates else None
