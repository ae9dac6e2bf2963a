"""The receiver that has a new version compared. This app's configuration connects it."""

from __future__ import annotations

from typing import Any

from facsweb.jobs.models import Run
from inference.models import InferenceRun
from training.models import TrainingRun
from training.promotion import compare_with_champion


def compare_new_version(sender: type[Run], run: Run, status: str, **_: Any) -> None:
    """Have a version compared with the champion when the predictions after its training are in."""
    if not isinstance(run, InferenceRun) or status != Run.Status.SUCCEEDED:
        return
    if TrainingRun.objects.filter(inference_run=run).exists():
        compare_with_champion(run.version, None)
