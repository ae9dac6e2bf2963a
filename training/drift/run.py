"""The work of a drift check, done by a worker."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress
from training.drift.data import choose, learnt, newest, seen, told_of_all, unlearnt
from training.ml.drift import drift
from training.models import DriftCheck


def carry_out(check: DriftCheck) -> None:
    """Compare the faces that a version didn't learn from with those that it did."""
    progress = Progress(check)
    bounds = {
        "face__created_at__gte": check.uploaded_from,
        "face__created_at__lte": check.uploaded_until,
    }
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    new = newest(unlearnt(check.version).filter(**given), check.last)
    try:
        progress.stage("reading the training", 3)
        before = choose(learnt(check.version))
        known = seen(before)
        progress.stage("reading new faces", 3)
        progress(1, 3)
        after = choose(new)
        fresh = seen(after)
        progress.stage("comparing", 3)
        progress(2, 3)
        found = drift(known, fresh)
    except Cancelled:
        check.finish(Run.Status.CANCELLED)
        return
    found = replace(
        found,
        before=told_of_all(before.sides, found.before),
        after=told_of_all(after.sides, found.after),
    )
    with transaction.atomic():
        if check.finish(Run.Status.SUCCEEDED):
            check.result = found.to_json()
            check.first_at, check.last_at = after.first_at, after.last_at
            check.save(update_fields=["result", "first_at", "last_at"])
