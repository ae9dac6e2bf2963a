"""Labels that are probably wrong: confident learning, joined with rules that hold in CK+.

Confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in
Dataset Labels", JAIR 70) needs predictions by models that never saw the face; ours are out of fold,
by subject. The rules' counts are of the 327 sequences of CK+ that have an emotion label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS

#: What one broken rule adds to a margin, which is of -1 to 1.
RULE_WEIGHT = 0.2

_COLUMN = {au: column for column, au in enumerate(MODEL_ACTION_UNITS)}


@dataclass(frozen=True)
class Labels:
    """Given labels of n faces.

    Attributes
    ----------
    emotions
        (n,) index into EMOTIONS, -1 where not coded.
    units
        (n, 15) 1 present, 0 absent, -1 not coded, in the model's order.
    happy
        (n,) whether the basic emotion is "happy".
    """

    emotions: NDArray[np.int64]
    units: NDArray[np.int64]
    happy: NDArray[np.bool_]

    def is_emotion(self, name: str) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = self.emotions == EMOTIONS.index(name)
        return answer

    def is_other_than(self, name: str) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = (self.emotions >= 0) & ~self.is_emotion(name)
        return answer

    def has(self, au: int) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = self.units[:, _COLUMN[au]] == 1
        return answer

    def lacks(self, au: int) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = self.units[:, _COLUMN[au]] == 0
        return answer


@dataclass(frozen=True)
class Rule:
    """A pattern not expected in CK+, and the action unit that may be the wrong label."""

    text: str
    au: int
    breaks: Callable[[Labels], NDArray[np.bool_]]


RULES: tuple[Rule, ...] = (
    Rule(
        "AU27 without surprise (in CK+ 0 of 72)",
        27,
        lambda labels: labels.has(27) & labels.is_other_than("surprise"),
    ),
    Rule(
        "AU17 without a negative emotion (in CK+ 0 of 114)",
        17,
        lambda labels: labels.has(17) & labels.is_other_than("negative"),
    ),
    Rule(
        "AU6 with AU12 without a positive emotion",
        12,
        lambda labels: labels.has(6) & labels.has(12) & labels.is_other_than("positive"),
    ),
    Rule(
        "AU4 with a positive emotion (in CK+ 0 of 122)",
        4,
        lambda labels: labels.has(4) & labels.is_emotion("positive"),
    ),
    Rule(
        "happy without AU12 (in CK+ 2 of 69)",
        12,
        lambda labels: labels.happy & labels.lacks(12),
    ),
    Rule(
        "surprise without AU1 or AU2 (in CK+ at most 2 of 83)",
        1,
        lambda labels: labels.is_emotion("surprise") & labels.lacks(1) & labels.lacks(2),
    ),
)


@dataclass(frozen=True)
class Suspicion:
    """The doubt about each of n labels.

    Attributes
    ----------
    score
        (n,) margin plus RULE_WEIGHT for each broken rule; NaN where there is nothing to judge.
    likelier
        (n,) the class other than the given one that the model finds likeliest.
    confident
        (n,) off the diagonal of the confident joint.
    """

    score: NDArray[np.float64]
    likelier: NDArray[np.int64]
    confident: NDArray[np.bool_]

    @property
    def doubted(self) -> NDArray[np.bool_]:
        """The labels to doubt: another class is likelier, or the rules tip a close call."""
        with np.errstate(invalid="ignore"):
            answer: NDArray[np.bool_] = self.confident | (self.score > 0)
        return answer & ~np.isnan(self.score)


def broken_rules(labels: Labels) -> NDArray[np.bool_]:
    """Tell which rules each face's labels break, (n, rules)."""
    return np.stack([rule.breaks(labels) for rule in RULES], axis=1)


def emotion_suspicion(
    labels: Labels, probabilities: NDArray[np.float64], rules: bool = True
) -> Suspicion:
    """Judge the emotion labels. `probabilities` (n, 3) are NaN where no model read the face."""
    broken = broken_rules(labels).sum(axis=1) if rules else np.zeros(len(labels.emotions))
    return suspicion(labels.emotions, probabilities, broken)


def unit_suspicion(labels: Labels, au: int, probabilities: NDArray[np.float64]) -> Suspicion:
    """Judge one action unit's labels. `probabilities` (n,) are those of its presence."""
    column = labels.units[:, _COLUMN[au]]
    broken = [rule.breaks(labels) for rule in RULES if rule.au == au]
    count = np.sum(broken, axis=0) if broken else np.zeros(len(column))
    return suspicion(column, np.stack([1 - probabilities, probabilities], axis=1), count)


def suspicion(
    given: NDArray[np.int64], probabilities: NDArray[np.float64], broken: NDArray[np.float64]
) -> Suspicion:
    """Judge labels `given` (n,), -1 for none, by out-of-fold `probabilities` (n, k).

    The margin is the largest other class's probability minus the given one's. The confident joint
    counts a face where another class's probability reaches that class's threshold: the mean
    confidence in it over the faces that are labelled so.
    """
    rows = np.arange(len(given))
    known = (given >= 0) & ~np.isnan(probabilities).any(axis=1)
    safe = np.where(known, given, 0)
    filled = np.where(known[:, None], probabilities, 0.0)
    own = filled[rows, safe]
    others = filled.copy()
    others[rows, safe] = -1
    likelier = others.argmax(axis=1)
    margin = np.where(known, others.max(axis=1) - own, np.nan)
    return Suspicion(margin + RULE_WEIGHT * broken, likelier, _off_diagonal(safe, filled, known))


def _off_diagonal(
    given: NDArray[np.int64], probabilities: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    classes = probabilities.shape[1]
    thresholds = np.array(
        [
            probabilities[known & (given == k), k].mean() if (known & (given == k)).any() else 2.0
            for k in range(classes)
        ]
    )
    reaches = np.where(probabilities >= thresholds, probabilities, -1)
    confident: NDArray[np.bool_] = (
        known & (reaches.max(axis=1) >= 0) & (reaches.argmax(axis=1) != given)
    )
    return confident
