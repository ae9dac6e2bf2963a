"""The work of a comparison, done by a worker."""

from __future__ import annotations

from django.db import transaction

from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress
from training.comparisons.data import read_readings
from training.comparisons.state import state_of
from training.ml.comparison import compare, moves
from training.models import ComparedCoder, Comparison


def carry_out(comparison: Comparison) -> None:
    """Compare, and store all of it or nothing: a worker that takes over begins anew."""
    sides = list(comparison.sides.select_related("coder"))
    progress = Progress(comparison)
    try:
        progress.stage("read")
        state = state_of(side.coder_id for side in sides)  # first: what changes meanwhile is newer
        readings, about = read_readings([side.coder for side in sides], progress)
        progress.stage("compare")
        figures = compare(readings, progress)
    except Cancelled:
        comparison.finish(Run.Status.CANCELLED)
        return
    moved = moves(readings)
    with transaction.atomic():
        if not comparison.finish(Run.Status.SUCCEEDED):
            return
        Comparison.objects.filter(pk=comparison.pk).update(
            figures=figures.to_json(), moves=[each.to_json() for each in moved], state=state
        )
        for side, its in zip(sides, about, strict=True):
            ComparedCoder.objects.filter(pk=side.pk).update(about=its.to_json())
