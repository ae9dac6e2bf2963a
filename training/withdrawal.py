"""The part of trainings in a withdrawal: marks on versions, comparisons, checkpoints."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from annotations.models import SnapshotFace
from annotations.tombstones import Gone
from annotations.withdrawal.doomed import Doomed
from annotations.withdrawal.parts import Counts, Part
from facsweb.jobs.log import JobLog
from facsweb.jobs.models import Run
from inference.withdrawal import mark
from training.making.shared_fits import forget_shared_fits
from training.ml.checkpoints import Checkpoints
from training.models import Comparison, TrainingRun

_STOPPED = "Stopped: a subject whom it was learning from has withdrawn. Start it again."


def _learnt(doomed: Doomed) -> list[str]:
    """Mark the versions of trainings whose snapshots hold a face of the subject."""
    named = []
    for run in _runs_on(doomed).exclude(version=None).select_related("version", "snapshot"):
        members = SnapshotFace.objects.filter(snapshot=run.snapshot_id, face__in=doomed.faces)
        assert run.version is not None  # the query says so
        named.append(mark(run.version, doomed, members.count()))
    return named


def _rows(doomed: Doomed) -> Counts:
    """Cancel a training that learns from the subject, and take the faces out of comparisons."""
    stopped = 0
    for run in _runs_on(doomed).active():
        log = JobLog(run.log)
        log.write(_STOPPED)
        TrainingRun.objects.filter(pk=run.pk).update(log=log.entries)
        run.request_cancel()
        stopped += 1
    gone, changed = set(doomed.faces), 0
    for pk, moves in Comparison.objects.exclude(moves=[]).values_list("pk", "moves"):
        left = [_without(each, gone) for each in moves]
        if left != moves:
            changed += Comparison.objects.filter(pk=pk).update(moves=left)
    return {"trainings under way": stopped, "comparisons’ lists of faces": changed}


def _without(moves: dict[str, Any], gone: set[int]) -> dict[str, Any]:
    """Return the faces that moved without those that go; how many moved stays as it was measured.

    >>> _without({"emotion_better": {"total": 2, "faces": [31, 117]}}, {31})
    {'emotion_better': {'total': 2, 'faces': [117]}}
    """
    return {
        name: each | {"faces": [pk for pk in each["faces"] if pk not in gone]}
        if isinstance(each, dict) and "faces" in each
        else each
        for name, each in moves.items()
    }


def _runs_on(doomed: Doomed) -> Any:
    snapshots = SnapshotFace.objects.filter(face__in=doomed.faces).values("snapshot")
    return TrainingRun.objects.filter(snapshot__in=snapshots)


def _files(gone: Gone) -> Counts:
    """Delete the checkpoints of trainings that aren't under way, whoever they learnt from.

    A checkpoint is named after its data as a whole, so nobody can tell; a training that is under
    way doesn't learn from anybody who withdrew, or stops and deletes its own.
    """
    if TrainingRun.objects.filter(status=Run.Status.RUNNING).exists():
        return {}
    here, shared = Checkpoints.forget_all(settings.CHECKPOINT_ROOT), forget_shared_fits()
    return {"checkpoints": here, "checkpoints in the bucket": shared}


PART = Part("training", rows=_rows, learnt=_learnt, files=_files)
