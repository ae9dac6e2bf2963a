"""The outcome of comparing new faces with a training's, as values and as the JSON of a check.

>>> Drift.from_json(Drift(too_few="Only 3 subjects.").to_json()).too_few
'Only 3 subjects.'
"""

from __future__ import annotations

from dataclasses import dataclass, field

from training.ml.interval import Interval
from training.ml.stored import Stored

#: A test whose corrected p value is smaller found a difference.
ALPHA = 0.05
#: The tests, in words.
TESTS = {
    "emotions": "How often each emotion is answered",
    "units": "How often each action unit is found",
    "answers": "The answers’ probabilities, as a whole",
    "quality": "How fit the pictures are to be read",
    "pictures": "Size and colour of the pictures, size of the face",
    "embedding": "What the network sees, before it answers",
}
#: What the test of embeddings tells in one number; 1 is usual.
DISTANCE = "distance from the training’s middle"


@dataclass(frozen=True)
class Sides(Stored):
    """Faces and subjects that were compared, and all there were: huge data are sampled."""

    faces: int = 0
    subjects: int = 0
    all_faces: int = 0
    all_subjects: int = 0


@dataclass(frozen=True)
class Column(Stored):
    """One thing that a test compares.

    Attributes
    ----------
    name
        A class, a unit ("AU12"), a quality or a property of pictures.
    before, after
        Its mean over the training's faces, and over the new ones.
    p
        Probability that the largest difference of the test would be as large by chance.
    """

    name: str = ""
    before: float | None = None
    after: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class ShiftTest(Stored):
    """One two-sample test.

    Attributes
    ----------
    name
        One of TESTS.
    p
        None where it could not be made; `reason` says why.
    adjusted
        The same, corrected for the number of tests (Holm 1979).
    columns
        What it compares; empty where only the whole is compared.
    """

    name: str = ""
    p: float | None = None
    adjusted: float | None = None
    reason: str = ""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class F1Line(Stored):
    """The F1 of a class, a unit or a mean, on new faces and on the training's.

    Attributes
    ----------
    name
        A class, a unit, "emotion_macro_f1" or "au_macro_f1".
    estimated
        On the new faces, by the probabilities alone.
    positives
        New faces that are expected to show it.
    measured
        On those of the new faces that have a truth by now, `labelled` of them.
    estimated_before, measured_before
        Both on the training's faces: how far apart they are is how far an estimate can be trusted.
    """

    name: str = ""
    estimated: Interval = field(default_factory=Interval)
    positives: float | None = None
    measured: Interval = field(default_factory=Interval)
    labelled: int = 0
    estimated_before: float | None = None
    measured_before: Interval = field(default_factory=Interval)


@dataclass(frozen=True)
class Drift(Stored):
    """All that a check found.

    Attributes
    ----------
    too_few
        Why nothing was compared; empty where it was.
    before, after
        The training's faces, and the new ones.
    shared_subjects
        People who are in both.
    tests
        Each two-sample test.
    performance
        F1 lines: the two means, the classes, the units.
    """

    too_few: str = ""
    before: Sides = field(default_factory=Sides)
    after: Sides = field(default_factory=Sides)
    shared_subjects: int = 0
    tests: tuple[ShiftTest, ...] = ()
    performance: tuple[F1Line, ...] = ()

    @property
    def unlike(self) -> list[ShiftTest]:
        """The tests that found a difference."""
        return [test for test in self.tests if test.adjusted is not None and test.adjusted < ALPHA]
