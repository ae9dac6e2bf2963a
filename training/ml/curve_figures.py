"""Curves of a run, as values and as the JSON that it stores: what pages show, nothing to compute.

>>> figures = CurveFigures(faces=4, positives=2, found=(4, 2), hits=(2, 1))
>>> figures.counts_at(1)
Counts(hits=1, false_alarms=1, misses=1, rejections=1)
>>> CurveFigures.from_json(figures.to_json()) == figures
True
"""

from __future__ import annotations

from dataclasses import dataclass, field

from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.stored import LEFT_OUT, Stored

#: Thresholds of `CurveFigures.found` and `hits`: 0.00, 0.01, ... 1.00.
STEPS = 100


def threshold_at(step: int) -> float:
    """Return the threshold of a step.

    >>> threshold_at(35)
    0.35
    """
    return round(step / STEPS, 2)


def step_of(threshold: float) -> int:
    """Return the step that is nearest to a threshold.

    >>> step_of(0.35), step_of(7.0)
    (35, 100)
    """
    return min(max(round(threshold * STEPS), 0), STEPS)


@dataclass(frozen=True)
class Counts:
    """Faces by truth and answer at one threshold; a score is None where it is undefined."""

    hits: int
    false_alarms: int
    misses: int
    rejections: int

    @property
    def found(self) -> int:
        """The faces on which the unit is found."""
        return self.hits + self.false_alarms

    @property
    def precision(self) -> float | None:
        """The share of what is found that is there."""
        return _share(self.hits, self.found)

    @property
    def recall(self) -> float | None:
        """The share of what is there that is found."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def specificity(self) -> float | None:
        """The share of what isn't there that isn't found."""
        return _share(self.rejections, self.rejections + self.false_alarms)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, over the faces that either names."""
        return _share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True)
class ReliabilityBin(Stored):
    """Faces whose probability lies in one tenth: the mean of it, and the share that shows it."""

    predicted: float = 0.0
    observed: float = 0.0
    faces: int = 0


@dataclass(frozen=True)
class CurveFigures(Stored):
    """Curves of one class against the rest, or of one action unit, by its probability.

    Attributes
    ----------
    faces, positives
        Faces on which it is coded, and of these, how many show it.
    roc_auc, average_precision
        `sklearn.metrics.roc_auc_score` and `average_precision_score`; None where no face, or
        every face, shows it.
    brier, calibration_error
        `sklearn.metrics.brier_score_loss`; expected calibration error over ten bins of equal width
        (Guo et al. 2017).
    recall, precision, false_positive_rate, true_positive_rate
        Points of the precision-recall curve and of the ROC, from the highest threshold down, at
        most `training.ml.probability_curves.MOST_POINTS` of each; empty where the areas are None.
    bins
        The reliability diagram: tenths that hold any face.
    found, hits
        At each of the thresholds 0.00, 0.01, ... 1.00, the faces whose probability is not below
        it, and how many of these show it.
    """

    faces: int = 0
    positives: int = 0
    roc_auc: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    calibration_error: float | None = None
    recall: tuple[float, ...] = ()
    precision: tuple[float, ...] = ()
    false_positive_rate: tuple[float, ...] = ()
    true_positive_rate: tuple[float, ...] = ()
    bins: tuple[ReliabilityBin, ...] = ()
    found: tuple[int, ...] = ()
    hits: tuple[int, ...] = ()

    @property
    def enough(self) -> bool:
        """Whether enough faces show it to say something of it."""
        return self.positives >= FEWEST_TO_TRUST and self.roc_auc is not None

    def counts_at(self, step: int) -> Counts:
        """Return the counts at the threshold `step` / `STEPS`."""
        found, hits = self.found[step], self.hits[step]
        misses = self.positives - hits
        return Counts(hits, found - hits, misses, self.faces - found - misses)


@dataclass(frozen=True)
class Curves(Stored):
    """Curves of each emotion against the rest, by name, and of each coded unit, by number."""

    emotions: dict[str, CurveFigures] = field(default_factory=dict)
    units: dict[int, CurveFigures] = field(default_factory=dict)


@dataclass(frozen=True)
class RunCurves(Stored):
    """The curves of a run.

    Attributes
    ----------
    test, validation
        As in `training.ml.metrics.Metrics`.
    truth
        "then", the truth that the run learnt from, or "later": the one of the day on which the
        curves were measured, as the run doesn't know its own.
    """

    test: Curves | None = field(default=None, metadata=LEFT_OUT)
    validation: Curves | None = field(default=None, metadata=LEFT_OUT)
    truth: str = "then"

    @property
    def to_choose_by(self) -> tuple[str, Curves]:
        """The split by which a threshold may be chosen, and its curves: not the test's, if kept."""
        if self.validation is not None:
            return "validation", self.validation
        return "test", self.test or Curves()
