"""Figures of groups of people as a run stores them: values, and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.ml.interval import Interval
from training.ml.stored import Stored


@dataclass(frozen=True)
class TargetRates(Stored):
    """Figures of one target in one group.

    Attributes
    ----------
    target
        "emotion", an emotion, or "AU12".
    faces, positives
        Faces on which it is coded, and on which it shows.
    figures
        `group_rates.OF_EMOTION` or `group_rates.OF_TARGET` with 95 % intervals by subject, by
        name; left out where too few faces count. "calibration" is the mean probability minus the
        share that came true: above 0 the model is too sure.
    """

    target: str = ""
    faces: int = 0
    positives: int = 0
    figures: dict[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupRates(Stored):
    """Figures of one group.

    Attributes
    ----------
    dimension, group
        "gender" and "female", or "gender × age_group" and "female, 18-29".
    tags
        The same as dimension -> name.
    faces, subjects
        How many it has.
    enough
        Whether it is judged; if not, `targets` is empty.
    smallest_harm
        The fall in accuracy that would be found in 8 of 10 data sets of its size; None where none
        would.
    """

    dimension: str = ""
    group: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    faces: int = 0
    subjects: int = 0
    enough: bool = False
    smallest_harm: float | None = None
    targets: tuple[TargetRates, ...] = ()


@dataclass(frozen=True)
class GroupGap(Stored):
    """The gravest gap of a group to all others, for one target.

    Attributes
    ----------
    figure
        One of `harm.FIGURES`.
    rate
        The group's own.
    gap
        Minus that of all others, with the interval that holds for all looks at once.
    harm
        Whether the whole interval lies below the tolerance.
    """

    dimension: str = ""
    group: str = ""
    target: str = ""
    figure: str = ""
    rate: float | None = None
    gap: Interval = field(default_factory=Interval)
    harm: bool = False


@dataclass(frozen=True)
class Disparity(Stored):
    """The distance between the groups of a dimension in one figure of one target.

    Attributes
    ----------
    name
        One of `group_rates.PARITY`.
    difference
        Between the best and the worst group, with its 95 % interval by subject.
    ratio
        The lower figure over the higher one; None where both are 0.
    to_overall
        The greatest difference between a group and everybody.
    lowest, highest
        The groups.
    chance
        What the difference reaches by chance in one data set of twenty, where the groups are alike
        and all differences of the table are looked at.
    """

    dimension: str = ""
    target: str = ""
    name: str = ""
    difference: Interval = field(default_factory=Interval)
    ratio: float | None = None
    to_overall: float | None = None
    lowest: str = ""
    highest: str = ""
    chance: float | None = None

    @property
    def is_told_from_chance(self) -> bool:
        """True if chance alone would hardly make such a difference."""
        value, chance = self.difference.value, self.chance
        return value is not None and chance is not None and value > chance


@dataclass(frozen=True)
class Fairness(Stored):
    """Everything about groups, on the subjects that the model is judged by.

    Attributes
    ----------
    tolerance
        Gaps this small are let pass.
    looks
        How many gaps were looked at.
    gaps
        The gravest of each group and target; harms first, then those least like chance.
    everybody
        Figures of all subjects together.
    """

    faces: int = 0
    subjects: int = 0
    tolerance: float | None = None
    looks: int = 0
    everybody: tuple[TargetRates, ...] = ()
    groups: tuple[GroupRates, ...] = ()
    gaps: tuple[GroupGap, ...] = ()
    disparities: tuple[Disparity, ...] = ()
