"""The work of making a queue of many faces, done by a worker."""

from __future__ import annotations

from django.contrib.auth.models import User

from annotations.codings.stored_query import from_json
from annotations.models import Queue, QueueMaking
from annotations.queues.errors import InvalidQueue
from annotations.queues.making import chosen_faces
from annotations.queues.orders import Order
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.queues.tables import ROWS_A_FACE
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import Progress, beating
from facsweb.problems import Forbidden, Problem


def carry_out(run: QueueMaking) -> None:
    """Make the queue whole, with the rights that who asked has by now."""
    if run.made_id is None:
        try:
            with beating(run.beat, LEASE.total_seconds() / 4):
                _make(run, Progress(run))
        except Cancelled:
            run.finish(Run.Status.CANCELLED)
            return
        except Problem as problem:
            run.finish(Run.Status.FAILED, problem.detail)
            return
    run.finish(Run.Status.SUCCEEDED)  # else a worker that died had made it


def _make(run: QueueMaking, progress: Progress) -> None:
    user, plan = _asker(run), QueuePlan.from_json(run.plan)
    try:
        query = from_json(run.chosen)
    except LookupError:
        raise InvalidQueue("What its faces were chosen by is gone. Choose them anew.") from None
    faces = chosen_faces(user, query)
    count = faces.order_by().count()
    total, read = count * ROWS_A_FACE, 0
    progress.stage("reading codings", total if plan.order in _READ else 0)

    def heard(rows: int) -> None:
        nonlocal read
        read = min(total, read + rows)
        progress(read, total)

    def then(queue: Queue) -> None:
        progress.stage("writing the queue")  # raises where it was cancelled: then nothing stays
        QueueMaking.objects.filter(pk=run.pk).update(made=queue)

    make_queue(user, plan, faces, heard=heard, then=then)


#: Orders that read what models and the truth say.
_READ = {str(order) for order in Order} - {str(Order.RANDOM), str(Order.LEAST_CODED)}


def _asker(run: QueueMaking) -> User:
    """Return who asked. Raises Forbidden."""
    user = run.requested_by
    if user is None or not user.is_active:
        raise Forbidden("Who asked for it has no account any more.")
    return user
