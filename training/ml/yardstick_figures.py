"""Figures of others who read a model's test faces, as a run stores them."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.ml.interval import Interval
from training.ml.stored import Stored


@dataclass(frozen=True)
class Beside(Stored):
    """Figures of another reader of a model's test faces, and what the model has more (`_gain`)."""

    accuracy: Interval | None = None
    macro_f1: Interval | None = None
    accuracy_gain: Interval | None = None
    macro_f1_gain: Interval | None = None


@dataclass(frozen=True)
class Yardstick(Stored):
    """Emotions on a model's test faces, read by others (`training.ml.yardstick`).

    Attributes
    ----------
    faces, subjects
        Test faces that have an emotion label, and their subjects.
    majority_class
        The commonest of these labels.
    why_not
        Why the prior's figures are missing; empty where they aren't.
    readers
        By name: "prior", the expression prior zero-shot, and "majority", the commonest class.
    """

    faces: int = 0
    subjects: int = 0
    majority_class: str = ""
    why_not: str = ""
    readers: dict[str, Beside] = field(default_factory=dict)
