"""The figures of a training run, as values and as the JSON that a run stores.

Shares, scores and rates are between 0 and 1. `to_json` writes what runs have always stored;
`from_json` reads what any older run stored: a part or score that it lacks is None, a count 0, and
a collection empty.

>>> stored = {"all": {"faces": 4, "subjects": 2, "emotion": {"accuracy": 0.75}}}
>>> metrics = Metrics.from_json(stored)
>>> metrics.all.faces, metrics.all.emotion.accuracy, metrics.all.emotion.macro_f1, metrics.test
(4, 0.75, None, None)

The measures are scikit-learn's (`sklearn.metrics`), with 0 where one is undefined; the calibration
error is that of Guo et al. (2017), *On Calibration of Modern Neural Networks*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from training.ml.interval import Interval
from training.ml.promise_figures import Promises
from training.ml.stored import LEFT_OUT, Stored
from training.ml.yardstick_figures import Yardstick


@dataclass(frozen=True)
class ClassFigures(Stored):
    """Figures of one class.

    Attributes
    ----------
    precision, recall, f1
        0 where undefined.
    support
        Faces that truly show it.
    intervals
        `annotations.measures.confusion.BINARY`, "roc_auc" and "average_precision", by name; None,
        not 0, where undefined.
    """

    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    support: int = 0
    intervals: dict[str, Interval] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class UnitFigures(ClassFigures):
    """Figures of one action unit.

    Attributes
    ----------
    predicted
        Faces on which the model finds it.
    faces
        Faces on which it is coded.
    base_rate
        `support` / `faces`.
    counted
        Whether it counts in the macro F1; a unit that is too rare doesn't.
    """

    predicted: int = 0
    faces: int = 0
    base_rate: float | None = None
    counted: bool = True


@dataclass(frozen=True)
class AbsentEmotions(Stored):
    """Emotions that no labelled face has, and those that the model answers for no such face."""

    truth: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class AbsentUnits(Stored):
    """Numbers of the coded action units that no face shows, and those that are never found."""

    truth: tuple[int, ...] = ()
    predictions: tuple[int, ...] = ()


@dataclass(frozen=True)
class EmotionFigures(Stored):
    """Figures of emotions, over the faces that have an emotion label.

    Attributes
    ----------
    classes
        k names, in the model's order.
    accuracy
        Share of faces whose emotion the model answers correctly.
    balanced_accuracy
        Mean recall over the classes of the truth.
    macro_f1
        Mean F1 over the classes that truth or predictions hold.
    absent
        Classes that truth or predictions lack.
    majority_class, majority_accuracy
        The commonest class, and the accuracy of always answering it.
    per_class
        Figures of each class, by name.
    confusion_matrix
        (k, k) faces: the truth down the rows, the answer across.
    report
        `sklearn.metrics.classification_report`, as text.
    intervals
        `annotations.measures.confusion.MULTICLASS`, by name.
    """

    classes: tuple[str, ...] = ()
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    macro_f1: float | None = None
    absent: AbsentEmotions | None = None
    majority_class: str | None = None
    majority_accuracy: float | None = None
    per_class: dict[str, ClassFigures] = field(default_factory=dict)
    confusion_matrix: tuple[tuple[int, ...], ...] = ()
    report: str = ""
    intervals: dict[str, Interval] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class ActionUnitFigures(Stored):
    """Figures of action units, each over the faces on which it is coded.

    Attributes
    ----------
    macro_f1
        Mean F1 over the units that are counted; None where none is.
    min_positives
        Faces that must show a unit for it to be counted.
    left_out
        Numbers of the units that are not counted.
    absent
        Units that no face shows, or that are never found.
    per_au
        Figures of each unit that is coded at all, by number.
    intervals
        "macro_f1", "micro_f1" and "weighted_f1", over the units that are counted.
    """

    macro_f1: float | None = None
    min_positives: int | None = None
    left_out: tuple[int, ...] = ()
    absent: AbsentUnits | None = None
    per_au: dict[int, UnitFigures] = field(default_factory=dict)
    intervals: dict[str, Interval] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class GroupFigures(Stored):
    """Figures of one demographic group.

    Attributes
    ----------
    group
        Its name, or "not recorded".
    faces, subjects
        How many it has.
    emotion_accuracy, emotion_macro_f1, absent, au_macro_f1
        As for all faces; None where nothing is coded.
    enough
        Whether it has enough faces and subjects to be judged.
    intervals
        "emotion_accuracy", "emotion_macro_f1" and "au_macro_f1", by name.
    """

    group: str = "not recorded"
    faces: int = 0
    subjects: int = 0
    emotion_accuracy: float | None = None
    emotion_macro_f1: float | None = None
    absent: AbsentEmotions | None = None
    au_macro_f1: float | None = None
    enough: bool = False
    intervals: dict[str, Interval] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class SplitFigures(Stored):
    """Figures of the faces of one split.

    Attributes
    ----------
    faces, subjects
        How many it has.
    emotion
        None where no face has an emotion label.
    action_units
        None where no face has an action unit coded.
    groups
        By demographic dimension ("gender", "age_group", "ethnicity"); None where not requested.
    """

    faces: int = 0
    subjects: int = 0
    emotion: EmotionFigures | None = None
    action_units: ActionUnitFigures | None = None
    groups: dict[str, tuple[GroupFigures, ...]] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class Flag(Stored):
    """A warning or information (`severity`) in plain words, about a class, a unit or a group.

    Its kind is "absent", "imbalance", "below_baseline", "no_gain", "below_champion", "sample_size",
    "bias" or "chosen_threshold".
    """

    kind: str = ""
    subject: str = ""
    severity: str = ""
    message: str = ""


@dataclass(frozen=True)
class CalibrationError(Stored):
    """Expected calibration error of one head, out of fold, before and after calibration."""

    before: float | None = None
    after: float | None = None


@dataclass(frozen=True)
class Calibration(Stored):
    """Calibration errors of both heads; None for a head without labels."""

    emotion: CalibrationError | None = field(default=None, metadata=LEFT_OUT)
    action_units: CalibrationError | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class Metrics(Stored):
    """All figures of a run.

    Attributes
    ----------
    test
        Figures of the subjects that no part has seen, or, if cross-validated, of every face out of
        fold.
    validation
        Figures out of fold, where some subjects were kept for the test; else None.
    all
        Figures of every face.
    flags
        What to look at before trusting the figures.
    cross_validated
        Whether every face was read out of fold.
    calibration
        How far the probabilities can be trusted.
    yardstick
        The same test faces read by who never saw them, and by nobody; None of older runs.
    promises
        Promised and observed coverage of prediction sets, and false alarms of the distance.
    """

    test: SplitFigures | None = field(default=None, metadata=LEFT_OUT)
    validation: SplitFigures | None = field(default=None, metadata=LEFT_OUT)
    all: SplitFigures | None = field(default=None, metadata=LEFT_OUT)
    flags: tuple[Flag, ...] | None = field(default=None, metadata=LEFT_OUT)
    cross_validated: bool | None = field(default=None, metadata=LEFT_OUT)
    calibration: Calibration | None = field(default=None, metadata=LEFT_OUT)
    yardstick: Yardstick | None = field(default=None, metadata=LEFT_OUT)
    promises: Promises | None = field(default=None, metadata=LEFT_OUT)

    def with_flags(self, more: Sequence[Flag]) -> Metrics:
        """Return the same figures with more flags after those there are."""
        return replace(self, flags=(*(self.flags or ()), *more))

    @property
    def splits(self) -> dict[str, SplitFigures]:
        """The splits that were measured, by name."""
        named = {"test": self.test, "validation": self.validation, "all": self.all}
        return {name: figures for name, figures in named.items() if figures is not None}
