"""People per stage: who is named, who may be, and what keeps a queue from going on."""

import pytest

from annotations.models import Assignment, Coding, Face, Queue, State
from annotations.queues.assignments import take_next
from annotations.queues.editing import edit_queue
from annotations.queues.errors import InvalidQueue
from annotations.queues.people import team_of
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.queues.stuck import problems_of
from annotations.review.adjudication import pass_on, send_back
from facsweb.problems import Forbidden
from tests.annotations.queues.team import (
    code,
    code_all,
    coding_queue,
    deactivated,
    texts,
    without_role,
)
from tests.cast import make_user
from tests.factories import make_coding, make_face

pytestmark = pytest.mark.django_db


def test_a_queue_that_names_only_coders_goes_on_with_whoever_may_validate(faces, ada, ben):
    queue = make_queue(
        ben, QueuePlan("Q", "random", first_stage="coding", people=[ada]), Face.objects.all()
    )
    assert {stage: list(users) for stage, users in team_of(queue).items()} == {
        "coding": [ada], "validation": [], "acceptance": [],
    }  # fmt: skip
    code_all(queue, ada)
    pass_on(take_next(queue, ben, "validation"), ben, "", "")
    assert take_next(queue, ben, "acceptance")


@pytest.mark.parametrize(
    ("members", "stage", "words"),
    [
        ({"validation": ["ada"]}, "validation", "ada may not validate"),
        ({"acceptance": ["ada"]}, "acceptance", "ada may not accept"),
        ({"coding": ["cleo"]}, "coding", "cleo may not code"),
        ({"coding": ["gone"]}, "coding", "gone may not code"),
        ({"coding": ["ben"], "validation": ["ben"]}, "validation", "codes every face"),
        ({"coding": ["ben"], "acceptance": ["ben"]}, "acceptance", "codes every face"),
    ],
)
def test_a_stage_that_nobody_can_work_is_refused_with_its_name(
    faces, ada, ben, rex, cleo, members, stage, words
):
    users = {"ada": ada, "ben": ben, "cleo": cleo, "gone": deactivated(make_user("gone", "coder"))}
    named = {name: [users[who] for who in given] for name, given in members.items()}
    with pytest.raises(InvalidQueue, match=words) as refused:
        coding_queue(ben, **named)
    assert f"members.{stage}" in refused.value.fields
    assert not Queue.objects.exists()


def test_nobody_named_needs_somebody_besides_those_who_code_every_face(faces, ben):
    with pytest.raises(InvalidQueue, match="ben could validate, but codes every face"):
        coding_queue(ben, coding=[ben])
    make_user("rex", "reviewer")
    assert coding_queue(ben, coding=[ben])


def test_more_coders_a_face_than_may_code_are_refused(faces, ada, ben):
    with pytest.raises(InvalidQueue, match="3 coders a face need as many people; 2 may code"):
        coding_queue(ben, coders_per_face=3)


def test_a_review_queue_names_no_coders(faces, ada, ben):
    plan = QueuePlan("Q", "random", members={"coding": [ada]})
    with pytest.raises(InvalidQueue, match="no such stage"):
        make_queue(ben, plan, Face.objects.all())
    with pytest.raises(InvalidQueue, match="ada may do nothing in this queue"):
        make_queue(ben, QueuePlan("Q", "random", people=[ada]), Face.objects.all())


def test_each_stage_is_worked_by_those_who_are_named_for_it(faces, ada, dora, ben, rex):
    queue = coding_queue(ben, coding=[ada], validation=[rex])
    with pytest.raises(Forbidden):
        take_next(queue, dora, "coding")
    code_all(queue, ada)
    with pytest.raises(Forbidden):
        take_next(queue, ben, "validation")
    assert take_next(queue, rex, "validation")


def test_a_healthy_queue_has_no_problem(faces, ada, ben, rex):
    queue = coding_queue(ben, coding=[ada], validation=[rex], acceptance=[ben])
    assert problems_of(queue) == []
    code_all(queue, ada)
    assert problems_of(queue) == []


def test_a_deactivated_coder_is_told_and_what_they_held_goes_to_others(faces, ada, dora, ben):
    queue = coding_queue(ben, coding=[ada, dora])
    held = take_next(queue, ada, "coding")
    deactivated(ada)
    assert "ada is named to code, but is deactivated" in texts(queue)
    code_all(queue, dora)
    assert held.item_id in set(
        Assignment.objects.filter(user=dora, state="completed").values_list("item", flat=True)
    )


def test_the_only_coder_lost_the_role_and_it_is_told(faces, ada, ben):
    queue = coding_queue(ben, coding=[ada])
    without_role(ada)
    told = texts(queue)
    assert "ada is named to code, but no longer has the role" in told
    assert "Nobody can code" in told


def test_the_only_validator_lost_the_role_and_it_is_told(faces, ada, rex, ben):
    queue = coding_queue(ben, coding=[ada], validation=[rex])
    without_role(rex)
    assert "Nobody can validate" in texts(queue)


def test_too_few_coders_for_a_face_are_told(faces, ada, dora, ben):
    queue = coding_queue(ben, coding=[ada, dora], coders_per_face=2)
    code(take_next(queue, ada, "coding"))
    deactivated(dora)
    assert "3 faces wait for more coders than there are: 1 can code, 2 a face" in texts(queue)


def test_what_the_only_validator_coded_is_told(faces, ada, ben, rex):
    queue = coding_queue(ben, coding=[ada, rex], validation=[rex])
    assert "Only rex can validate, and codes too" in texts(queue)
    code(take_next(queue, rex, "coding"))
    code_all(queue, ada)
    assert "1 face can't go on: whoever may validate coded it" in texts(queue)
    edit_queue(ben, queue, members={"validation": [rex, ben]})
    assert problems_of(queue) == []


def test_gold_faces_that_wait_for_who_is_gone_are_told_and_end_when_the_coder_is_taken_off(
    faces, ada, dora, ben
):
    for face in faces:
        make_coding(face)
    make_face()
    queue = coding_queue(ben, coding=[ada, dora], is_blind=True, gold_faces=2)
    code_all(queue, ada)
    deactivated(dora)
    assert "2 faces with a known truth wait for every coder who is named" in texts(queue)
    edit_queue(ben, queue, members={"coding": [ada]})
    gold = queue.items.filter(gold__isnull=False)
    assert {item.state for item in gold} == {State.COMPLETED}
    assert problems_of(queue) == []


def test_what_was_sent_back_to_who_is_gone_goes_to_another_coder(faces, ada, dora, ben, rex):
    queue = coding_queue(ben, coding=[ada, dora], validation=[rex], limit=1)
    said = code(take_next(queue, ada, "coding")).result
    send_back(take_next(queue, rex, "validation"), rex, "AU6?", "")
    deactivated(ada)
    code(take_next(queue, dora, "coding"))
    assert take_next(queue, rex, "validation")
    assert Coding.objects.filter(pk=said.pk, is_withdrawn=False).exists()
    assert queue.items.get().assignments.get(user=ada).state == State.RELEASED


def test_what_a_validator_who_is_gone_had_sent_back_goes_to_another(faces, ada, ben, rex, boss):
    queue = coding_queue(ben, coding=[ada], validation=[rex, boss], limit=1)
    code(take_next(queue, ada, "coding"))
    send_back(take_next(queue, rex, "validation"), rex, "AU6?", "")
    deactivated(rex)
    code(take_next(queue, ada, "coding"))
    assert take_next(queue, boss, "validation")
