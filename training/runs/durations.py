"""The time that a training will take here, by its plan and by the stages of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.ml.config import TrainingConfig
from training.ml.forecast import Forecast, spoken
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
        Stages in words, of which none of them tells: their share of the estimate is by another
        machine, with two cores and no GPU.
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
    config: TrainingConfig, faces: int, subjects: int, runs: Sequence[Sequence[StageTime]]
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
    """
    plan, rates = plan_of(config, faces, subjects), learned_rates(runs)
    known = measured_kinds(runs)
    looking = sum(work * rates[stage] for stage, work in plan.items() if stage in CACHED)
    kinds = dict.fromkeys(kind_of(stage) for stage in plan)
    unknown = tuple(label_of(kind) for kind in kinds if kind not in known)
    return Duration(Forecast(plan, rates).planned, looking, len(runs), unknown)


def stage_times() -> list[list[StageTime]]:
    """Return what the stages of the latest trainings took, as far as they came."""
    kept = TrainingRun.objects.filter(finished_at__isnull=False).exclude(stage_times=[])
    latest = kept.values_list("stage_times", flat=True)[:_RUNS_TO_LEARN_FROM]
    return [[StageTime.from_json(stage) for stage in stages] for stages in latest]
