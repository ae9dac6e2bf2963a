"""A queue's team for tests: making a queue that names people, coding, leaving."""

from annotations.codings.reading import Reading, Score
from annotations.models import Face
from annotations.queues.assignments import take_next
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.queues.standing import standings
from annotations.queues.stuck import problems_of
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import propose

READING = Reading("positive", {6: Score(True, "B"), 12: Score(True)})


def coding_queue(maker, coding=(), validation=(), acceptance=(), **plan):
    members = {"coding": coding, "validation": validation, "acceptance": acceptance}
    plan = {"name": "Q", "order": "random", "first_stage": "coding", "members": members, **plan}
    return make_queue(maker, QueuePlan(**plan), Face.objects.all())


def code(assignment, reading=READING):
    truth = assignment.item.face.codings.accepted().first()
    return propose(
        ReviewContext(
            assignment.item.face,
            assignment.user,
            seen=truth.pk if truth else None,
            assignment=assignment,
        ),
        Statement(reading),
    )


def code_all(queue, user):
    while (assignment := take_next(queue, user, "coding")) is not None:
        code(assignment)


def without_role(user):
    user.groups.clear()
    return type(user).objects.get(pk=user.pk)


def deactivated(user):
    user.is_active = False
    user.save()
    return type(user).objects.get(pk=user.pk)


def texts(queue):
    return " ".join(problem.text for problem in problems_of(queue))


def standing(queue, user, stage):
    return next(row for row in standings(queue, user) if row.stage == stage)
