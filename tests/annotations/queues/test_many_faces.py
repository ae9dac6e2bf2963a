"""A queue in numbers: counted by two queries, and the same as counted one by one."""

import random
from collections import defaultdict

import pytest
from django.utils import timezone

from annotations.models import Assignment, Queue, QueueItem, Stage, State
from annotations.queues.people import DOING, able, stages_of, team_of
from annotations.queues.progress import counts_of, progress_of, shares_of
from annotations.queues.stuck import problems_of
from tests.cast import make_user
from tests.factories import make_coding, make_face

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    return [make_user(name, "coder") for name in ("eve", "finn", "gus")]


@pytest.fixture
def reviewers(db):
    return [make_user(name, "reviewer") for name in ("hal", "ivy")]


def chance_queue(seed, boss, people, reviewers, size=24):
    """A queue with items and assignments as chance has them, within what the database allows."""
    draw = random.Random(seed)
    queue = Queue.objects.create(
        name=f"Chance {seed}", order="random", created_by=boss, first_stage=Stage.CODING,
        coders_per_face=2, is_blind=True,
    )  # fmt: skip
    for user in draw.sample(people, draw.choice((2, 3))):
        queue.members.create(user=user, stage=Stage.CODING)
    for user in reviewers[: draw.choice((1, 2))]:
        for stage in (Stage.VALIDATION, Stage.ACCEPTANCE):
            queue.members.create(user=user, stage=stage)
    for position in range(1, size + 1):
        face, is_gold = make_face(), draw.random() < 0.2
        stage = Stage.CODING if is_gold else draw.choice(list(Stage))
        wanted = draw.choice((2, 3)) if stage == Stage.CODING else 1
        item = QueueItem.objects.create(
            queue=queue, face=face, position=position, reason="", stage=stage, wanted=wanted,
            gold=make_coding(face) if is_gold else None,
            state=draw.choice([State.NEW, State.IN_PROGRESS, State.IN_PROGRESS, State.COMPLETED]),
            taken=draw.randrange(wanted + 1),
        )  # fmt: skip
        for user in draw.sample([*people, *reviewers], draw.randrange(5)):
            state = draw.choice(list(State)[1:])
            Assignment.objects.create(
                item=item, user=user, state=state, stage=draw.choice([Stage.CODING, stage]),
                finished_at=timezone.now() if state == State.COMPLETED else None,
            )  # fmt: skip
    return queue


def plainly_short(queue, stage):
    """How many faces at `stage` lack people, and how many of these are gold: one by one."""
    hands = {user.pk for user in able(team_of(queue).get(stage, []), stage)}
    short = [0, 0]
    for item in queue.items.filter(stage=stage).exclude(state=State.COMPLETED):
        own = item.assignments.filter(stage__in={stage, Stage.CODING})
        had = set(own.values_list("user", flat=True))
        held = own.filter(stage=stage, state__in=[State.IN_PROGRESS, State.REJECTED])
        freed = held.exclude(user__in=hands).count()
        lacking = item.wanted - item.taken + freed
        if stage == Stage.CODING and item.state == State.NEW:
            lacking, had = item.wanted, set()  # nobody has taken it
        if lacking > len(hands - had):
            short[bool(item.gold_id)] += 1
    return tuple(short)


def told_short(queue, stage):
    """The same, as the page tells it."""
    plain = gold = 0
    for problem in problems_of(queue):
        first = problem.text.split()[0]
        if problem.stage != stage or not first.replace(",", "").isdigit():
            continue
        if "known truth" in problem.text:
            gold = int(first)
        elif "can't go on" in problem.text or "more coders" in problem.text:
            plain = int(first)
    return plain, gold


def test_what_is_counted_at_once_is_what_is_counted_one_by_one(boss, people, reviewers):
    found = set()
    for seed in range(6):
        queue = chance_queue(seed, boss, people, reviewers)
        counts = counts_of(queue)
        states = defaultdict(int)
        for item in queue.items.all():
            states[item.stage, item.state] += 1
        assert counts.by_state() == states
        assert counts.faces(gold=True) == queue.items.exclude(gold=None).count()
        for stage in stages_of(queue):
            done = Assignment.objects.filter(item__queue=queue, stage=stage, state="completed")
            progress = progress_of(queue, stage, people[0], counts)
            assert progress.done == done.count()
            assert progress.mine == done.filter(user=people[0]).count()
            assert told_short(queue, stage) == plainly_short(queue, stage), (seed, DOING[stage])
            found |= {(stage, at) for at, number in enumerate(told_short(queue, stage)) if number}
        for share in shares_of(counts):
            own = Assignment.objects.filter(item__queue=queue, stage=share.stage)
            own = own.filter(user__username=share.who).exclude(state=State.RELEASED)
            assert (share.in_hand + share.done, share.done) == (
                own.count(), own.filter(state="completed").count(),
            )  # fmt: skip
    assert {(Stage.CODING, 0), (Stage.CODING, 1), (Stage.ACCEPTANCE, 0)} <= found


def test_a_queues_pages_ask_as_many_queries_for_many_faces(
    boss, people, reviewers, as_user, django_assert_max_num_queries
):
    client, few = as_user(boss), chance_queue(1, boss, people, reviewers, size=4)
    many = chance_queue(1001, boss, people, reviewers, size=40)
    for queue in (few, many):
        client.get(f"/queues/{queue.pk}/")  # writes down who was shown what
        with django_assert_max_num_queries(60):
            client.get(f"/queues/{queue.pk}/")
    with django_assert_max_num_queries(3):
        progress_of(many, Stage.CODING, people[0])
