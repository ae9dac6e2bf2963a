"""Findings of a comparison of coders, as values and as the JSON that it stores.

The first coder is the one that the others are compared with. Shares and scores are between 0 and 1,
differences (another coder's figure minus the first's) between -1 and 1.

>>> row = Compared("au_macro_f1", enough=True, differences=(Interval(-0.2, -0.3, -0.1),))
>>> row.verdict(1)
'lower'
>>> Compared.from_json(row.to_json()) == row
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from training.ml.interval import Interval
from training.ml.stored import Stored

HIGHER, LOWER, ALIKE, TOO_FEW = "higher", "lower", "alike", "too few"


@dataclass(frozen=True)
class Compared(Stored):
    """One figure of k coders on the same faces.

    Attributes
    ----------
    name
        "emotion_accuracy", "emotion_macro_f1", "au_macro_f1", or of F1 "emotion:negative", "au:12".
    faces, subjects
        Those that count in it.
    positives
        Faces that truly show the class or unit; of an overall figure, `faces`.
    enough
        Whether there are enough to say anything by.
    figures
        k figures with their 95 % intervals.
    differences
        k - 1 paired differences to the first, with theirs.
    """

    name: str = ""
    faces: int = 0
    subjects: int = 0
    positives: int = 0
    enough: bool = False
    figures: tuple[Interval, ...] = ()
    differences: tuple[Interval, ...] = ()

    def reversed(self) -> Compared:
        """Return the figure of two coders as if the second were the first.

        >>> Compared(differences=(Interval(-0.2, -0.3, -0.1),)).reversed().differences[0]
        Interval(value=0.2, low=0.1, high=0.3)
        """
        (difference,) = self.differences
        ends = (difference.value, difference.high, difference.low)
        turned = Interval(*(None if end is None else -end for end in ends))
        return replace(self, figures=self.figures[::-1], differences=(turned,))

    def verdict(self, coder: int) -> str:
        """Say how a coder's figure differs from the first's.

        Parameters
        ----------
        coder
            Its place, from 1.

        Returns
        -------
        str
            HIGHER or LOWER where the whole interval of the difference lies on one side of 0, ALIKE
            where it holds 0, TOO_FEW where nothing can be said.
        """
        difference = self.differences[coder - 1]
        if not self.enough or difference.low is None or difference.high is None:
            return TOO_FEW
        if difference.low > 0:
            return HIGHER
        return LOWER if difference.high < 0 else ALIKE


@dataclass(frozen=True)
class ComparedGroup(Stored):
    """The overall figures of one group of people; none where it is too small (`enough`)."""

    group: str = ""
    faces: int = 0
    subjects: int = 0
    enough: bool = False
    rows: tuple[Compared, ...] = ()


@dataclass(frozen=True)
class McNemar(Stored):
    """McNemar's test of whether two coders are right on emotions equally often.

    Attributes
    ----------
    both, first_only, other_only, neither
        Faces on which both, only the first, only the other, or neither says what the truth says.
    p_value
        Two-sided, as if faces were independent.
    exact
        By the binomial distribution; else by chi-square with continuity correction.
    p_by_subject
        With a subject's faces taken together; None with too few subjects.
    """

    both: int = 0
    first_only: int = 0
    other_only: int = 0
    neither: int = 0
    p_value: float = 1.0
    exact: bool = True
    p_by_subject: float | None = None


@dataclass(frozen=True)
class Moved(Stored):
    """Faces that one coder reads otherwise than the first: how many, and the first of them."""

    total: int = 0
    faces: tuple[int, ...] = ()


@dataclass(frozen=True)
class Moves(Stored):
    """Faces on which a coder is better, or worse, than the first.

    By emotion: right where the first is wrong, or wrong where it is right, by id. By units: fewer,
    or more, action units unlike the truth, the greatest change first.
    """

    emotion_better: Moved = field(default_factory=Moved)
    emotion_worse: Moved = field(default_factory=Moved)
    units_better: Moved = field(default_factory=Moved)
    units_worse: Moved = field(default_factory=Moved)


@dataclass(frozen=True)
class ComparisonFigures(Stored):
    """All that a comparison of k coders found.

    Attributes
    ----------
    faces, subjects
        Labelled faces that all of them have read, and their subjects.
    overall
        Emotion accuracy, emotion macro F1 and AU macro F1, as far as anything is coded.
    classes, units
        F1 of each emotion and of each action unit.
    groups
        By demographic dimension, its groups by name.
    worst
        By demographic dimension, the overall figures of whichever group has the least, among those
        that have enough faces; only of dimensions with two such groups or more.
    mcnemar
        One test for each coder but the first; none where no emotion is coded.
    """

    faces: int = 0
    subjects: int = 0
    overall: tuple[Compared, ...] = ()
    classes: tuple[Compared, ...] = ()
    units: tuple[Compared, ...] = ()
    groups: dict[str, tuple[ComparedGroup, ...]] = field(default_factory=dict)
    worst: dict[str, tuple[Compared, ...]] = field(default_factory=dict)
    mcnemar: tuple[McNemar, ...] = ()

    def reversed(self) -> ComparisonFigures:
        """Return the figures of two coders as if the second were the first, without groups."""

        def turned(rows: Iterable[Compared]) -> tuple[Compared, ...]:
            return tuple(each.reversed() for each in rows)

        return ComparisonFigures(
            self.faces,
            self.subjects,
            turned(self.overall),
            turned(self.classes),
            turned(self.units),
            worst={name: turned(rows) for name, rows in self.worst.items()},
        )
