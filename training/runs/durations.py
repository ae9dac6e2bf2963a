"""The time that a training will take here, by its plan and by the stages of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.ml.config import TrainingConfig
from training.ml.forecast import Forecast
from training.ml.spoken_times import spoken
from training.ml.stage_plan import (
    CACHED,
    StageTime,
    kind_of,
    learned_rates,
    measured_kinds,
    plan_of,
)
from training.models import TrainingRun, label_of

#: Earlier runs that tell how long stages take here.
_RUNS_TO_LEARN_FROM = 3
#: Share of the whole from which it matters that a stage's pace isn't known.
_OF_SOME_LENGTH = 0.05


@dataclass(frozen=True)
class Duration:
    """The time that a training is expected to take.

    Attributes
    ----------
    seconds
        Of the whole, where no picture's features are kept.
    looking
        Of the stages that look at pictures, which find kept features in no time.
    runs
        The earlier trainings whose stages it is estimated from.
    unknown
        Stages in words, of some length, of which none of them tells: their share of the estimate is
        by another machine, with two cores and no GPU.
    """

    seconds: float
    looking: float
    runs: int
    unknown: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The whole time as people say it."""
        return spoken(self.seconds)

    @property
    def from_kept(self) -> str:
        """The time without what looking at pictures takes, as people say it."""
        return spoken(self.seconds - self.looking)


def expected_duration(
    config: TrainingConfig,
    faces: int,
    subjects: int,
    runs: Sequence[Sequence[StageTime]],
    neutral_frames: int = 0,
) -> Duration:
    """Estimate how long a training will take on the machine of earlier ones.

    Parameters
    ----------
    config
        The recipe and its settings.
    faces, subjects
        How many there are to learn from.
    runs
        The stages of earlier trainings, from `stage_times`.
    neutral_frames
        How many there are to compare faces with.
    """
    plan, rates = plan_of(config, faces, subjects, neutral_frames), learned_rates(runs)
    seconds = {stage: work * rates[kind_of(stage)] for stage, work in plan.items()}
    looking = sum(seconds[stage] for stage in plan if stage in CACHED)
    whole = Forecast(plan, rates).planned
    unknown: dict[str, float] = {}
    for stage, its in seconds.items():
        if kind_of(stage) not in measured_kinds(runs):
            unknown[kind_of(stage)] = unknown.get(kind_of(stage), 0.0) + its
    long = tuple(label_of(kind) for kind, its in unknown.items() if its > _OF_SOME_LENGTH * whole)
    return Duration(whole, looking, len(runs), long)


def stage_times() -> list[list[StageTime]]:
    """Return what the stages of the latest trainings took, as far as they came."""
    kept = TrainingRun.objects.filter(finished_at__isnull=False).exclude(stage_times=[])
    latest = kept.values_list("stage_times", flat=True)[:_RUNS_TO_LEARN_FROM]
    return [[StageTime.from_json(stage) for stage in stages] for stages in latest]
