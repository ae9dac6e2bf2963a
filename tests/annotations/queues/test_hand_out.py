"""Who is handed which face, and how a face moves through the stages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.codings.reading import Reading, Score
from annotations.models import Assignment, Coding, Face, Stage, State
from annotations.problems import InvalidCoding, StaleCoding
from annotations.queues.assignments import skip, take_next
from annotations.queues.plans import QueuePlan
from annotations.queues.progress import progress_of
from annotations.queues.services import make_queue
from annotations.review.adjudication import pass_on, send_back
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import adjudicate, correct, propose, undo_review
from facsweb.problems import Forbidden
from tests.cast import make_user
from tests.factories import make_coding, make_face

pytestmark = pytest.mark.django_db

READING = Reading("positive", {6: Score(True, "B"), 12: Score(True)})


@pytest.fixture
def faces():
    return [make_face() for _ in range(4)]


def queue_of(user, **plan):
    plan = {"name": "Q", "order": "random", **plan}
    return make_queue(user, QueuePlan(**plan), Face.objects.all())


def coding_queue(user, people, **plan):
    return queue_of(user, first_stage="coding", people=people, **plan)


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


def test_everybody_is_handed_each_face_once(faces, ada, ben):
    queue = coding_queue(ben, [ada])
    seen = []
    while (assignment := take_next(queue, ada, "coding")) is not None:
        seen.append(assignment.item.face_id)
        code(assignment)
    assert sorted(seen) == sorted(face.pk for face in faces)


def test_two_coders_get_different_faces(faces, ada, ben):
    queue = coding_queue(ben, [ada, ben])
    handed = {take_next(queue, user, "coding").item.face_id for user in (ada, ben)}
    assert len(handed) == 2


def test_n_coders_share_a_face_and_no_more(faces, ada, ben):
    third = make_user("dora", "coder")
    queue = coding_queue(ben, [ada, ben, third], coders_per_face=2)
    first = [take_next(queue, user, "coding").item for user in (ada, ben, third)]
    assert first[0] == first[1] != first[2]


def test_a_held_face_comes_again_until_it_is_done(faces, ada, ben):
    queue = coding_queue(ben, [ada])
    held = take_next(queue, ada, "coding")
    assert take_next(queue, ada, "coding") == held
    ahead = take_next(queue, ada, "coding", besides=[held.item.face_id])
    assert ahead != held


def test_a_skipped_face_comes_last(faces, ada, ben):
    queue = coding_queue(ben, [ada])
    skipped = take_next(queue, ada, "coding")
    skip(skipped)
    order = []
    for _ in faces:
        assignment = take_next(queue, ada, "coding")
        order.append(assignment.pk)
        code(assignment)
    assert order[-1] == skipped.pk
    assert take_next(queue, ada, "coding") is None


def test_an_abandoned_face_goes_to_somebody_else(faces, ada, ben):
    queue = coding_queue(ben, [ada, ben], limit=1)
    held = take_next(queue, ada, "coding")
    assert take_next(queue, ben, "coding") is None
    Assignment.objects.update(started_at=timezone.now() - timedelta(days=1))
    assert take_next(queue, ben, "coding").item == held.item


def test_who_is_not_named_gets_nothing(faces, ada, ben, boss):
    queue = coding_queue(ben, [ada])
    with pytest.raises(Forbidden):
        take_next(queue, boss, "coding")


def test_a_coder_neither_validates_nor_accepts(faces, ada, ben):
    queue = coding_queue(ben, [ada])
    for stage in ("validation", "acceptance"):
        with pytest.raises(Forbidden):
            take_next(queue, ada, stage)


def test_a_face_passes_all_stages(faces, ada, ben, boss):
    queue = coding_queue(boss, [ada, ben, boss], limit=1)
    review = code(take_next(queue, ada, "coding"))
    validation = take_next(queue, ben, "validation")
    pass_on(validation, ben, "", "")
    acceptance = take_next(queue, boss, "acceptance")
    done = adjudicate(
        ReviewContext(
            acceptance.item.face, boss, seen=None, comment="both sure", assignment=acceptance
        ),
        Statement(READING),
    )
    item = queue.items.get()
    assert (item.stage, item.state) == (Stage.ACCEPTANCE, State.COMPLETED)
    assert Coding.objects.accepted().get() == done.result != review.result


def test_nobody_validates_their_own_coding(faces, ben, boss):
    judges = {"validation": [ben, boss], "acceptance": [ben, boss]}
    queue = queue_of(ben, first_stage="coding", members={"coding": [ben], **judges}, limit=1)
    code(take_next(queue, ben, "coding"))
    assert take_next(queue, ben, "validation") is None
    assert take_next(queue, boss, "validation")


def test_what_is_sent_back_returns_to_its_coder_and_then_to_who_sent_it(faces, ada, ben):
    queue = coding_queue(ben, [ada, ben], limit=1)
    code(take_next(queue, ada, "coding"))
    validation = take_next(queue, ben, "validation")
    with pytest.raises(InvalidCoding):
        send_back(validation, ben, " ", "")
    send_back(validation, ben, "Look at AU6 again.", "")
    again = take_next(queue, ada, "coding")
    assert (again.state, again.note) == (State.REJECTED, "Look at AU6 again.")
    code(again)
    assert take_next(queue, ben, "validation").pk == validation.pk


def test_undoing_gives_the_face_back(faces, ada, ben):
    queue = coding_queue(ben, [ada, ben], limit=1)
    assignment = take_next(queue, ada, "coding")
    review = code(assignment)
    undo_review(review, ada)
    assert take_next(queue, ada, "coding") == assignment
    assert not Coding.objects.current().exists()


def test_undo_is_refused_once_a_reviewer_has_begun(faces, ada, ben):
    queue = coding_queue(ben, [ada, ben], limit=1)
    review = code(take_next(queue, ada, "coding"))
    take_next(queue, ben, "validation")
    with pytest.raises(StaleCoding):
        undo_review(review, ada)
    assert Coding.objects.current().count() == 1


def test_a_review_queue_ends_with_the_reviewers_decision(faces, ben):
    make_coding(faces[0])
    queue = queue_of(ben)
    assignment = take_next(queue, ben, "acceptance")
    correct(
        ReviewContext(assignment.item.face, ben, seen=_truth(assignment), assignment=assignment),
        Statement(READING),
    )
    assert queue.items.get(pk=assignment.item_id).state == State.COMPLETED
    progress = progress_of(queue, "acceptance", ben)
    assert (progress.done, progress.total, progress.mine) == (1, 4, 1)


def test_rate_is_told_from_the_third_face_on(faces, ada, ben):
    queue = coding_queue(ben, [ada])
    for number in range(3):
        assert progress_of(queue, "coding", ada).per_minute is None
        assignment = take_next(queue, ada, "coding")
        code(assignment)
        finished = timezone.now() - timedelta(seconds=60 - 30 * number)
        Assignment.objects.filter(pk=assignment.pk).update(finished_at=finished)
    assert progress_of(queue, "coding", ada).per_minute == pytest.approx(2, abs=0.1)
    assert progress_of(queue, "coding", ada).text == "3 of 4 faces, 2 a minute"


def _truth(assignment) -> int | None:
    truth = assignment.item.face.codings.accepted().first()
    return truth.pk if truth else None
