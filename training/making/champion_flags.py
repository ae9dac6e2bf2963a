"""A new model beside the champion at the time, by what both read out of fold."""

from __future__ import annotations

from collections.abc import Sequence

from inference.artefact_copies import at_hand
from inference.ml.artifact import load_manifest, load_readings
from inference.ml.artifact_files import ArtifactError
from inference.registry import champion
from training.ml.against_champion import below_champion
from training.ml.dataset import Sample
from training.ml.metrics import Flag
from training.ml.train import TrainingResult


def flags_beside_champion(samples: Sequence[Sample], result: TrainingResult) -> list[Flag]:
    """Flag what a training's model reads worse than the champion; nothing without a champion.

    Nor where the champion's artefact is gone or has no readings: a training succeeds without it.
    """
    version = champion()
    if version is None or version.path == result.artifact_dir:
        return []
    try:
        folder = at_hand(version)
        load_manifest(folder, version.sha256)
        theirs = load_readings(folder)
    except (OSError, ValueError, ArtifactError):
        return []
    return below_champion(samples, load_readings(result.artifact_dir), theirs)
