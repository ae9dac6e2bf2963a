"""The spread of labels over faces and people, as values and as the JSON that a run stores.

Shares are between 0 and 1; what cannot be computed is None. Which figure is what, and by which
source: `training/ml/imbalance.py`.

>>> Balance.from_json(Balance(overall=Part("all", faces=3)).to_json()).overall.faces
3
"""

from __future__ import annotations

from dataclasses import dataclass, field

from training.ml.interval import Interval
from training.ml.stored import Stored


@dataclass(frozen=True)
class Spread(Stored):
    """The spread of one class or action unit: on how many faces it is shown, and by whom.

    Attributes
    ----------
    shown, coded
        Faces that show it, of those on which it is coded.
    subjects
        How many people show it.
    share
        `shown` / `coded`, with its interval by subject.
    ratio
        Of a class, faces of the commonest class for each face of this one; of a unit, faces without
        it for each face with it.
    effective_subjects
        How many people it rests on, if each had given as many faces that show it.
    design_effect, worth
        How much less a face tells since faces of one person are alike, and how many independent
        faces the coded ones are worth.
    """

    shown: int = 0
    coded: int = 0
    subjects: int = 0
    share: Interval = field(default_factory=Interval)
    ratio: float | None = None
    effective_subjects: float | None = None
    design_effect: float | None = None
    worth: float | None = None


@dataclass(frozen=True)
class Part(Stored):
    """The faces of a split or group: how many, of how many people, and what they show."""

    name: str = ""
    faces: int = 0
    subjects: int = 0
    emotions: dict[str, Spread] = field(default_factory=dict)
    units: dict[int, Spread] = field(default_factory=dict)

    @property
    def targets(self) -> dict[str, Spread]:
        """Classes, then units, by the names that flags call them."""
        return self.emotions | {f"AU{au}": spread for au, spread in self.units.items()}


@dataclass(frozen=True)
class Together(Stored):
    """Counts of what occurs with what; u units and c classes in the order of `annotations.facs`.

    Attributes
    ----------
    both
        (u, u) faces that show both units.
    shown
        (u, u) faces that show the row's unit, and on which the column's is coded.
    coded
        (u, u) faces on which both are coded.
    of_emotion
        (c, u) faces of the class that show the unit.
    emotion_coded
        (c, u) faces of the class on which the unit is coded.
    """

    both: tuple[tuple[int, ...], ...] = ()
    shown: tuple[tuple[int, ...], ...] = ()
    coded: tuple[tuple[int, ...], ...] = ()
    of_emotion: tuple[tuple[int, ...], ...] = ()
    emotion_coded: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class BalanceFlag(Stored):
    """A rule that was broken: which (`training.ml.imbalance_flags.RULES`), by what, and what to do.

    Attributes
    ----------
    subject
        A class, a unit ("AU12"), two ("AU1, AU2") or a group.
    dimension
        The dimension of a group, "gender" and so on; else empty.
    group
        The group where `subject` is a class or unit in it; else empty.
    """

    rule: str = ""
    subject: str = ""
    severity: str = "warning"
    message: str = ""
    dimension: str = ""
    group: str = ""


@dataclass(frozen=True)
class Balance(Stored):
    """All that is told of how evenly a training's labels are spread.

    Attributes
    ----------
    overall
        Every face.
    splits
        By split, where a training kept subjects apart for the test.
    groups
        By demographic dimension, its groups.
    together
        What occurs with what.
    flags
        The rules that were broken.
    """

    overall: Part = field(default_factory=Part)
    splits: tuple[Part, ...] = ()
    groups: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    together: Together = field(default_factory=Together)
    flags: tuple[BalanceFlag, ...] = ()
