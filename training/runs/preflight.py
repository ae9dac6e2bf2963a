"""A report on what a training would have to work with, shown before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from annotations import facs
from annotations.codings.truth_counts import truth_counts
from annotations.consent import LeftOut, Scope, left_out
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.models import NeutralFrame
from training.ml.config import TrainingConfig
from training.ml.dataset import NOTHING_TO_LEARN
from training.runs.durations import Duration, expected_duration, stage_times

#: Subjects that show an action unit: with fewer, one of the five folds would have none of them.
FEWEST_SUBJECTS = 5
_SUBJECTS_NEEDED = 3


@dataclass(frozen=True)
class Count:
    """The number of faces that show a class or an action unit, and of their subjects."""

    name: str
    meaning: str
    faces: int
    subjects: int

    @property
    def enough(self) -> bool:
        return self.faces >= FEWEST_TO_TRUST and self.subjects >= FEWEST_SUBJECTS


@dataclass(frozen=True)
class Preflight:
    """The data that a training would have to work with, and what stands in its way.

    Attributes
    ----------
    problem
        Why a training would fail; empty when it can start.
    warning
        What it would not learn although it can start; else empty.
    duration
        How long it will take by its plan.
    left_out
        Who isn't learnt from, by their consent.
    """

    faces: int
    subjects: int
    emotions: list[Count]
    units: list[Count]
    problem: str
    warning: str
    duration: Duration
    left_out: LeftOut

    @property
    def rare(self) -> list[Count]:
        return [count for count in (*self.emotions, *self.units) if not count.enough]


def preflight(config: TrainingConfig) -> Preflight:
    """Report on a training on today's ground truth."""
    truth = truth_counts()
    emotions = [Count(name, "", *truth.emotions.get(name, (0, 0))) for name in facs.EMOTIONS]
    units = [
        Count(f"AU{au}", facs.ACTION_UNITS[au].name, *truth.units.get(au, (0, 0)))
        for au in facs.MODEL_ACTION_UNITS
    ]
    frames = min(truth.faces, NeutralFrame.objects.count())
    duration = expected_duration(config, truth.faces, truth.subjects, stage_times(), frames)
    shown = [count.name for count in emotions if count.faces]
    learnable = len(shown) > 1 or bool(truth.varying)
    problem = _problem(truth.faces, truth.subjects, learnable)
    warning = "" if problem else _one_class(shown)
    return Preflight(
        truth.faces, truth.subjects, emotions, units, problem, warning, duration,
        left_out(Scope.TRAINING),
    )  # fmt: skip


def _one_class(shown: list[str]) -> str:
    if len(shown) > 1:
        return ""
    if not shown:
        return "No face has an emotion, so the model learns action units only."
    return (
        f"Every labelled face is {shown[0]}: the model will answer {shown[0]} for every face, and "
        "its accuracy says nothing. Label faces of another emotion first."
    )


def _problem(faces: int, subjects: int, learnable: bool) -> str:
    if not faces:
        return "No face has ground truth yet. Import labels, or accept codings, then come back."
    if subjects < _SUBJECTS_NEEDED:
        return (
            f"The labelled faces are of {subjects} subject{'' if subjects == 1 else 's'}; folds by "
            f"subject need {_SUBJECTS_NEEDED} at least, and useful figures dozens."
        )
    return "" if learnable else NOTHING_TO_LEARN
