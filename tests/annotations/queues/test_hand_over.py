"""Work handed over: what somebody holds, and their places in queues, to another person."""

import pytest

from annotations.models import Assignment
from annotations.queues.assignments import take_next
from annotations.queues.errors import InvalidQueue, ShowsFaces
from annotations.queues.handing_over import hand_over, held_by
from annotations.queues.people import team_of
from facsweb.accounts.people import deactivate
from facsweb.problems import Forbidden
from tests.annotations.queues.team import code, coding_queue

pytestmark = pytest.mark.django_db


def test_faces_and_places_go_to_the_other(boss, ada, ben, dora, faces):
    queue = coding_queue(boss, coding=[ada], acceptance=[ben])
    held = take_next(queue, ada, "coding")
    deactivate(boss, ada)
    handed = hand_over(boss, ada, dora)
    assert (handed.faces, handed.freed, handed.queues) == (1, 0, ["Q"])
    assert team_of(queue) == {"coding": [dora], "validation": [], "acceptance": [ben]}
    assert take_next(queue, dora, "coding").item == held.item
    assert not held_by(ada).exists()


def test_what_was_saved_stays_with_who_saved_it(boss, ada, ben, dora, faces):
    queue = coding_queue(boss, coding=[ada], validation=[ben], acceptance=[ben])
    done = take_next(queue, ada, "coding")
    code(done)
    hand_over(boss, ada, dora)
    done.refresh_from_db()
    assert (done.user, done.state) == (ada, "completed")
    assert done.item.face.codings.get(coder__user=ada)


def test_a_face_that_the_other_has_had_goes_back_to_all(boss, ada, dora, ben, faces):
    queue = coding_queue(boss, coding=[ada, dora], acceptance=[ben], coders_per_face=1)
    theirs = take_next(queue, dora, "coding")
    mine = take_next(queue, ada, "coding")
    Assignment.objects.create(item=mine.item, stage="coding", user=dora, state="completed")
    handed = hand_over(boss, ada, dora)
    assert (handed.faces, handed.freed) == (0, 1)
    assert list(held_by(dora)) == [theirs]


def test_whoever_may_not_do_the_work_is_refused_and_nothing_changes(boss, ada, ben, rex, faces):
    queue = coding_queue(boss, first_stage="acceptance", acceptance=[ben])
    take_next(queue, ben, "acceptance")
    with pytest.raises(InvalidQueue):
        hand_over(boss, ben, ada)
    assert held_by(ben).count() == 1
    assert team_of(queue)["acceptance"] == [ben]
    with pytest.raises(Forbidden):
        hand_over(rex, ben, rex)


def test_a_queue_that_needs_both_is_not_left_short(boss, ada, dora, ben, faces):
    coding_queue(boss, coding=[ada, dora], acceptance=[ben], coders_per_face=2)
    with pytest.raises(InvalidQueue, match="2 coders a face"):
        hand_over(boss, ada, dora)


def test_who_stays_is_not_shown_a_blind_queue_unasked(boss, ada, dora, ben, faces):
    queue = coding_queue(boss, coding=[ada], acceptance=[ben], is_blind=True)
    with pytest.raises(ShowsFaces):
        hand_over(boss, ada, dora)
    deactivate(boss, ada)
    hand_over(boss, ada, dora)
    assert team_of(queue)["coding"] == [dora]
