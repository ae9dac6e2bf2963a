"""Asking for a queue: made at once where that is quick, else by a worker."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from annotations.codings.face_query import FaceQuery
from annotations.codings.stored_query import to_json
from annotations.faces.permissions import tag_policy
from annotations.models import Queue, QueueMaking
from annotations.models.face_querysets import FaceQuerySet
from annotations.queues.permissions import queue_policy
from annotations.queues.plans import QueuePlan
from annotations.queues.services import check_plan, make_queue, name_is_taken
from annotations.visibility import visible_faces
from facsweb.accounts.permissions import may_administer
from facsweb.jobs.models import RunQuerySet

#: The most faces that a request puts in order: a second of work, by their readings.
AT_ONCE = 10_000


def chosen_faces(user: User, query: FaceQuery) -> FaceQuerySet:
    """Return the faces that a query asks for, of those that somebody sees. Raises Forbidden."""
    tag_policy.check(user, "choose_by", query.groups)
    return query.apply(visible_faces(user), user)


def request_queue(user: User, plan: QueuePlan, query: FaceQuery) -> Queue | QueueMaking:
    """Make a queue, or have a worker make it where it is of more than `AT_ONCE` faces.

    Parameters
    ----------
    user
        Who asks, and whose rights count for the worker, too.
    plan
        What the queue is to be.
    query
        Of which faces.

    Raises
    ------
    Forbidden, InvalidQueue
        What a worker finds out later stands in its run.
    """
    faces = chosen_faces(user, query)
    if faces.order_by()[: AT_ONCE + 1].count() <= AT_ONCE:
        return make_queue(user, plan, faces)
    check_plan(user, plan)
    with transaction.atomic():
        same = QueueMaking.objects.active().filter(plan__name=plan.name)
        if same.exists() or Queue.objects.filter(name=plan.name).exists():
            raise name_is_taken(plan)
        run = QueueMaking.objects.create(
            requested_by=user, plan=plan.to_json(), chosen=to_json(query)
        )
        transaction.on_commit(run.enqueue)
    return run


def cancel_making(run: QueueMaking, user: User) -> None:
    """End it: then there is no queue. Raises Forbidden."""
    queue_policy.check(user, "make")
    run.request_cancel()


def visible_makings(user: User) -> RunQuerySet[QueueMaking]:
    """Return what somebody asked for, while they may make queues; an admin sees all."""
    makings = QueueMaking.objects.all()
    if may_administer(user):
        return makings
    mine = makings.filter(requested_by=user)
    return mine if queue_policy.allows(user, "make") else mine.none()
