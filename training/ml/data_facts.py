"""The facts of a training's data that are counted once, by its worker, and stored. No Django.

They are of the ground truth that the training learnt from, as the database knew it when the
training ended. None stands where nothing is known, as in a run of an older version.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from training.ml.interval import Interval
from training.ml.stored import Stored


@dataclass(frozen=True)
class Shown(Stored):
    """The faces on which a class or unit is present, their subjects, and where it is absent."""

    present: int = 0
    subjects: int = 0
    absent: int = 0


@dataclass(frozen=True)
class GroupCount(Stored):
    """The faces and subjects of one group of people."""

    group: str = ""
    faces: int = 0
    subjects: int = 0


@dataclass(frozen=True)
class LabelSource(Stored):
    """A source of labels: an import by its name, or `coders` people, who are not named."""

    kind: str = ""
    name: str = ""
    coders: int = 0
    faces: int = 0


@dataclass(frozen=True)
class Agreement(Stored):
    """The agreement of people who coded the same faces, as `annotations.agreement` measures it."""

    name: str = ""
    faces: int = 0
    subjects: int = 0
    kappa: Interval | None = None
    agreement: Interval | None = None


@dataclass(frozen=True)
class Doubt(Stored):
    """The labels that were judged by readings out of fold, and those of them that are doubted."""

    judged: int = 0
    doubted: int = 0


@dataclass(frozen=True)
class Pictures(Stored):
    """The pictures themselves.

    Attributes
    ----------
    sequences, neutral
        Recordings that the faces are from, and neutral frames of their subjects.
    colour_modes
        Number of pictures by mode.
    smallest, largest
        Shortest and longest side, in pixels.
    first, last
        Dates (ISO 8601) on which the first and the last one came in.
    drawn
        Pictures that are, byte for byte, drawings of the demo's generator: faces of nobody. None
        in runs of before faces were marked so, where its drawings were not at hand.
    """

    sequences: int = 0
    neutral: int = 0
    colour_modes: dict[str, int] = field(default_factory=dict)
    smallest: int | None = None
    largest: int | None = None
    first: str = ""
    last: str = ""
    drawn: int | None = None


@dataclass(frozen=True)
class Labelling(Stored):
    """The way in which the labels came about.

    Attributes
    ----------
    sources
        Who gave the accepted codings.
    by_people, confirmed
        Faces whose accepted coding a person gave, and those where a person kept an imported one.
    adjudicated
        Faces that somebody adjudicated.
    several, by_two_people
        Faces that two coders or more, or two people or more, coded independently.
    differing
        Of those by several: faces where two of them say otherwise.
    blind
        People's codings of these faces that were given blind.
    agreement
        Of people on what two or more coded; empty where it can't be measured.
    emotion, units
        Labels that this model's out-of-fold readings doubt, by the rules of the queue of suspected
        label errors.
    flagged
        Faces with an open flag.
    """

    sources: tuple[LabelSource, ...] = ()
    by_people: int = 0
    confirmed: int = 0
    adjudicated: int = 0
    several: int = 0
    by_two_people: int = 0
    differing: int = 0
    blind: int = 0
    agreement: tuple[Agreement, ...] = ()
    emotion: Doubt | None = None
    units: dict[int, Doubt] = field(default_factory=dict)
    flagged: int = 0


@dataclass(frozen=True)
class Privacy(Stored):
    """The people who could see the faces.

    Attributes
    ----------
    storage
        Where pictures are kept, in words.
    roles
        Active people by their highest role.
    people_shown, looks
        People who were shown what others say of a face, and at how many faces in all.
    exports, exports_unprotected
        Exports with pictures so far, and those of them neither anonymous nor de-identified.
    """

    storage: str = ""
    roles: dict[str, int] = field(default_factory=dict)
    people_shown: int = 0
    looks: int = 0
    exports: int = 0
    exports_unprotected: int = 0


@dataclass(frozen=True)
class DataFacts(Stored):
    """All facts of a training's data.

    Attributes
    ----------
    faces, subjects
        Accepted codings that it learnt from, one a face, and the people on them.
    emotions, units
        By name and by number.
    groups
        By dimension (`annotations.measures.groups.DIMENSIONS`).
    combinations, alone
        Combinations of all three tags that occur, and those that a single subject has.
    counted_at
        Moment (ISO 8601).
    """

    faces: int = 0
    subjects: int = 0
    emotions: dict[str, Shown] = field(default_factory=dict)
    units: dict[int, Shown] = field(default_factory=dict)
    groups: dict[str, tuple[GroupCount, ...]] = field(default_factory=dict)
    combinations: int = 0
    alone: int = 0
    pictures: Pictures | None = None
    labelling: Labelling | None = None
    privacy: Privacy | None = None
    counted_at: str = ""
