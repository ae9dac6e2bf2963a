"""The demo's two models and their comparison: what an earlier demo left of them is used again."""

from __future__ import annotations

from facsweb.jobs.models import Run
from inference.artefact_copies import at_hand
from inference.ml.artifact import load_manifest
from inference.ml.artifact_files import ArtifactError
from inference.models import ModelVersion
from inference.registry import champion
from training.comparisons.services import latest_of
from training.models import Comparison, TrainingRun
from training.promotion import compare_with_champion

PUBLISHED_RECIPE = "published"


def reusable_training() -> TrainingRun | None:
    """Return the champion's run, or the last one's where none became the champion.

    None where its artefact doesn't stand any more, or can't be read.
    """
    version = champion() or ModelVersion.objects.first()
    if version is None or not _stands(version):
        return None
    return version.training_runs.filter(status=Run.Status.SUCCEEDED).first()


def published_training() -> TrainingRun | None:
    """Return the latest successful training by the published recipe whose model still stands."""
    ended = TrainingRun.objects.filter(
        status=Run.Status.SUCCEEDED, config__recipe=PUBLISHED_RECIPE, inference_run__isnull=False
    )
    return next((run for run in ended if run.version and _stands(run.version)), None)


def comparison_with(training: TrainingRun) -> Comparison | None:
    """Return the comparison of a training's version with the champion; have it made if need be.

    A version is compared as soon as it has read every face. None where it is the champion.
    """
    assert training.version is not None  # it has succeeded
    best = champion()
    if best is None or best == training.version:
        return None
    comparison = latest_of((best.coder, training.version.coder))
    if comparison is None or comparison.status in {Run.Status.FAILED, Run.Status.CANCELLED}:
        return compare_with_champion(training.version, None)
    if comparison.is_active:
        comparison.enqueue()  # an interrupted demo's: its worker is gone
    return comparison


def _stands(version: ModelVersion) -> bool:
    try:
        load_manifest(at_hand(version), version.sha256)
    except ArtifactError:
        return False
    return True
