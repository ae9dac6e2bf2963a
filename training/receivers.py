"""The receiver that has a new version compared. This app's configuration connects it."""

from __future__ import annotations

from typing import Any

from facsweb.jobs.models import Run
from inference.models import InferenceRun
from training.promotion import compare_with_champion


def compare_new_version(sender: type[Run], run: Run, status: str, **_: Any) -> None:
    """Have a version compared with the champion when it has read every face.

    After a training or a change of thresholds that is asked for by itself.
    """
    if isinstance(run, InferenceRun) and run.face_ids is None and status == Run.Status.SUCCEEDED:
        compare_with_champion(run.version, None)
