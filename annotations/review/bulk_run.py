"""The work of a bulk action that is too large for a request, done by a worker part by part.

A part is AT_ONCE faces, or decisions to take back, in one transaction: the faces' locks are held
for a moment, and whoever looks on finds each face either as it was or decided on, with its facts
and its review. A run that ends early leaves what it did, and says how much that is.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from annotations.models import BulkRun, Face
from annotations.review.bulk import (
    AT_ONCE,
    announce_bulk,
    check_may_go_on,
    mark_undone,
    take_back_all,
    take_readings,
    to_undo,
)
from annotations.review.bulk_preview import Criteria, preview
from annotations.review.permissions import bulk_policy
from annotations.visibility import readable, visible_faces
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import Progress, beating
from facsweb.problems import Forbidden, Problem


def carry_out(run: BulkRun) -> None:
    """Carry a bulk action out, or undo one, from where an earlier attempt stopped."""
    progress = Progress(run)
    try:
        user = _asker(run)
        with beating(run.beat, LEASE.total_seconds() / 4):
            if run.undoes:
                _undo(run, user, progress)
            else:
                _apply(run, user, progress)
    except Cancelled:
        _end(run, Run.Status.CANCELLED)
    except Problem as problem:
        _end(run, Run.Status.FAILED, problem.detail)
    else:
        _end(run, Run.Status.SUCCEEDED)


def _asker(run: BulkRun) -> User:
    """Return who asked, whose rights count as they are now. Raises Forbidden."""
    user = run.requested_by
    if user is None or not user.is_active:
        raise Forbidden("Who asked for it has no account any more.")
    bulk_policy.check(user, "undo" if run.undoes else "apply", run.action)
    return user


def _apply(run: BulkRun, user: User, progress: Progress) -> None:
    check_may_go_on(run.action)
    criteria = Criteria.from_json(run.action.parameters)
    all_faces = Face.objects.order_by("pk")
    total, done = all_faces.count(), all_faces.filter(pk__lte=run.through).count()
    progress.stage("deciding", total)
    while ids := list(all_faces.filter(pk__gt=run.through).values_list("pk", flat=True)[:AT_ONCE]):
        # Asked anew for each part: a face may have become the user's to code blind.
        faces = readable(visible_faces(user), user)
        part = faces.filter(pk__gte=ids[0], pk__lte=ids[-1])
        planned = preview(part, criteria).planned
        with transaction.atomic():
            changed = take_readings(run.action, user, part, criteria, planned) if planned else ()
            _go_on(run, ids[-1], changed=len(changed))
        done += len(ids)
        progress(min(done, total), total)


def _undo(run: BulkRun, user: User, progress: Progress) -> None:
    left = to_undo(run.action).filter(pk__gt=run.through)
    done = run.changed + run.kept
    total = done + left.count()
    progress.stage("undoing", total)
    while reviews := list(left.filter(pk__gt=run.through)[:AT_ONCE]):
        with transaction.atomic():
            undone = take_back_all(run.action, reviews, user)
            _go_on(run, reviews[-1].pk, changed=undone.restored, kept=undone.kept)
        done += len(reviews)
        progress(done, total)
    with transaction.atomic():
        mark_undone(run.action, user)


def _go_on(run: BulkRun, through: int, *, changed: int, kept: int = 0) -> None:
    """Write how far the run is, in the transaction of the part that it is through with."""
    BulkRun.objects.filter(pk=run.pk).update(
        through=through, changed=F("changed") + changed, kept=F("kept") + kept
    )
    run.through = through


def _end(run: BulkRun, status: str, why: str = "") -> None:
    """End the run, and tell what it did, however it ends."""
    with transaction.atomic():
        if run.finish(status, why) and not run.undoes and run.changed:
            announce_bulk(run.action, run.changed)
