"""The plan of a training: its stages, the work of each, and what a unit of work takes.

The plan is made up front from the configuration and the number of faces. Each kind of stage has a
rate, in seconds for a unit of work: measured on two cores at first, then learned from what stages
of earlier runs took.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from training.ml.config import TrainingConfig
from training.ml.recipes import RECIPES
from training.ml.stored import Stored

#: Seconds for a unit of work, on two cores without a GPU, where no earlier run tells.
RATES: dict[str, float] = {
    "weights": 5.0,
    "features": 0.15,
    "augmented features": 0.14,
    "neutral frames": 0.15,
    "fold": 3.3e-6,
    "linear experts": 2.2e-3,
    "mixture": 5e-3,
    "final heads": 5e-6,
    "int8": 0.06,
    "evaluate": 4e-3,
    "artifact": 1.0,
}
#: Stages that say nothing of how long they take where fewer pictures than so many were computed.
CACHED = {"features", "augmented features", "neutral frames", "int8"}
_FEWEST_PICTURES = 64


def kind_of(stage: str) -> str:
    """Return the kind of a stage: its name without numbers.

    Parameters
    ----------
    stage
        Its name.

    Examples
    --------
    >>> kind_of("fold 2 of 5"), kind_of("evaluate")
    ('fold', 'evaluate')
    """
    first, *rest = stage.split(" ")
    return first if rest and rest[0].isdigit() else stage


@dataclass(frozen=True)
class StageTime(Stored):
    """The time that a finished stage took, as a run stores it.

    Attributes
    ----------
    stage
        Its name.
    seconds
        How long it took.
    work
        How much was done, in the units of its kind: pictures looked at, or planned work.
    """

    stage: str = ""
    seconds: float = 0.0
    work: float = 0.0


def plan_of(
    config: TrainingConfig, faces: int, subjects: int, neutral_frames: int = 0
) -> dict[str, float]:
    """Return the stages of a training in order, with the work of each.

    Parameters
    ----------
    config
        The recipe and its settings.
    faces, subjects
        How many there are to learn from.
    neutral_frames
        How many there are to compare faces with.
    """
    recipe, copies = RECIPES[config.recipe], config.augmented_copies
    folds = max(3, min(config.folds, subjects))
    # An epoch costs as much for each picture as for one cell of the taps' grids that 96 units see.
    cells = sum(grid * grid for _, grid in recipe.taps)
    picture = 1 + cells * config.dense_units / 96
    fit = faces * (1 + copies) * config.max_epochs * picture
    plan = {"weights": 1.0, "features": float(faces)}
    if copies:
        plan["augmented features"] = float(faces * copies)
    if recipe.compares and neutral_frames:
        plan["neutral frames"] = float(neutral_frames)
    plan |= {f"fold {number} of {folds}": fit for number in range(1, folds + 1)}
    if recipe.ensemble:
        plan["linear experts"] = float(faces * folds)
        plan["mixture"] = float(faces)
    else:
        plan["final heads"] = fit
    frames = float(neutral_frames) if recipe.compares else 0.0
    return plan | {"int8": faces + frames, "evaluate": float(faces), "artifact": 1.0}


def learned_rates(runs: Iterable[Iterable[StageTime]]) -> dict[str, float]:
    """Return seconds for a unit of work by kind of stage, from earlier runs where they tell.

    Stages that found their pictures in the cache say nothing of how long looking takes.

    Parameters
    ----------
    runs
        The stages of each earlier run.
    """
    seconds, work = _totals(runs)
    return RATES | {kind: seconds[kind] / work[kind] for kind in seconds}


def measured_kinds(runs: Iterable[Iterable[StageTime]]) -> set[str]:
    """Return the kinds of stages whose rates `learned_rates` has from earlier runs.

    Parameters
    ----------
    runs
        The stages of each earlier run.
    """
    return set(_totals(runs)[0])


def _totals(runs: Iterable[Iterable[StageTime]]) -> tuple[dict[str, float], dict[str, float]]:
    """Return seconds and work by kind of stage."""
    seconds: dict[str, float] = {}
    work: dict[str, float] = {}
    for run in runs:
        for stage in run:
            kind = kind_of(stage.stage)
            enough = _FEWEST_PICTURES if kind in CACHED else 0
            if kind in RATES and stage.work > enough:
                seconds[kind] = seconds.get(kind, 0.0) + stage.seconds
                work[kind] = work.get(kind, 0.0) + stage.work
    return seconds, work
