"""Changing a queue under way, and what each person reads and can do on its pages."""

import pytest
from rest_framework.test import APIClient

from annotations.models import Assignment, Face, State
from annotations.queues.assignments import take_next
from annotations.queues.editing import edit_queue
from annotations.queues.errors import InvalidQueue
from annotations.queues.people import team_of
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.queues.stuck import problems_of
from annotations.review.adjudication import pass_on
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import adjudicate
from facsweb.problems import Forbidden
from tests.annotations.queues.team import (
    READING,
    code,
    code_all,
    coding_queue,
    deactivated,
    standing,
    texts,
    without_role,
)
from tests.factories import make_coding, make_face
from tests.pages import text_of

pytestmark = pytest.mark.django_db


def test_a_coder_who_is_named_later_gets_the_gold_faces_too(faces, ada, dora, ben):
    for face in faces:
        make_coding(face)
    make_face()
    queue = coding_queue(ben, coding=[ada], is_blind=True, gold_faces=2)
    code_all(queue, ada)
    edit_queue(ben, queue, members={"coding": [ada, dora]})
    code_all(queue, dora)
    done = Assignment.objects.filter(user=dora, item__gold__isnull=False, state="completed")
    assert done.count() == 2


def test_taking_somebody_off_gives_what_they_hold_to_the_others(faces, ada, dora, ben):
    queue = coding_queue(ben, coding=[ada, dora])
    held = take_next(queue, ada, "coding")
    assert edit_queue(ben, queue, members={"coding": [dora]}) == {"ada": 1}
    with pytest.raises(Forbidden):
        take_next(queue, ada, "coding")
    item = queue.items.get(pk=held.item_id)
    assert item.taken == 0
    code_all(queue, dora)
    assert queue.items.filter(stage="validation").count() == 3


def test_what_somebody_has_finished_stays_when_they_are_taken_off(faces, ada, dora, ben):
    queue = coding_queue(ben, coding=[ada, dora])
    code(take_next(queue, ada, "coding"))
    assert edit_queue(ben, queue, members={"coding": [dora]}) == {}
    assert queue.items.filter(stage="validation").count() == 1
    assert Assignment.objects.get(user=ada).state == State.COMPLETED


def test_an_edit_that_would_leave_a_stage_to_nobody_writes_nothing(faces, ada, ben, rex):
    queue = coding_queue(ben, coding=[ada], validation=[rex])
    with pytest.raises(InvalidQueue, match="ada may not validate"):
        edit_queue(ben, queue, name="other", members={"validation": [ada]})
    queue.refresh_from_db()
    assert queue.name == "Q"
    assert [user.username for user in team_of(queue)["validation"]] == ["rex"]


def test_a_queue_whose_people_left_can_be_renamed_closed_and_mended_stage_by_stage(
    faces, ada, dora, ben, rex
):
    queue = coding_queue(ben, coding=[ada], validation=[rex])
    without_role(ada)
    without_role(rex)
    edit_queue(ben, queue, name="left alone", is_open=False)
    edit_queue(ben, queue, members={"coding": [dora]}, is_open=True)
    assert "Nobody can validate" in texts(queue)
    edit_queue(ben, queue, members={"validation": [ben]})
    assert problems_of(queue) == []


def test_a_blind_queue_keeps_a_named_coder(faces, ada, ben):
    queue = coding_queue(ben, coding=[ada], is_blind=True)
    with pytest.raises(InvalidQueue, match="Name the coders"):
        edit_queue(ben, queue, members={"coding": []})


def test_coders_edit_no_queue(faces, ada, ben):
    queue = coding_queue(ben, coding=[ada])
    with pytest.raises(Forbidden):
        edit_queue(ada, queue, name="mine")


def test_go_on_ends_at_the_end_and_says_what_the_queue_waits_for(faces, ada, dora, ben):
    queue = coding_queue(ben, coding=[ada, dora], limit=2)
    mine = take_next(queue, ada, "coding")
    theirs = take_next(queue, dora, "coding")
    assert standing(queue, ada, "coding").left
    code(mine)
    row = standing(queue, ada, "coding")
    assert (row.may_work, row.left) == (True, False)
    assert row.why == "Nothing is left for you to code. Others are still at work."
    code(theirs)
    assert standing(queue, ada, "coding").why.endswith("Everything is coded.")
    assert standing(queue, ben, "validation").left
    row = standing(queue, ben, "acceptance")
    assert "It waits for 2 faces at an earlier stage." in row.why


def test_what_is_left_is_what_would_be_handed_out(faces, ada, dora, ben, rex, boss):
    queue = coding_queue(ben, coding=[ada, dora, rex], validation=[rex, boss], coders_per_face=2)
    for _ in range(8):
        for user in (ada, dora, ben, rex, boss):
            for stage in ("coding", "validation", "acceptance"):
                row = standing(queue, user, stage)
                if not row.may_work:
                    continue
                assignment = take_next(queue, user, row.stage)
                assert (assignment is not None) == row.left, (user, row)
                if assignment is None:
                    continue
                if row.stage == "coding":
                    code(assignment)
                elif row.stage == "validation":
                    pass_on(assignment, user, "", "")
                else:
                    adjudicate(
                        ReviewContext(
                            assignment.item.face,
                            user,
                            seen=None,
                            comment="both sure",
                            assignment=assignment,
                        ),
                        Statement(READING),
                    )
    assert {item.state for item in queue.items.all()} == {State.COMPLETED}


def test_a_coder_sees_only_queues_with_something_to_code_or_the_reason_why_not(
    as_user, faces, ada, dora, ben
):
    hers = coding_queue(ben, coding=[ada], name="hers")
    coding_queue(ben, coding=[dora], name="doras")
    make_queue(ben, QueuePlan("review", "random"), Face.objects.all())
    coding_queue(ben, name="everybodys")
    text = as_user(ada).get("/queues/").content.decode()
    assert "hers" in text and "everybodys" in text
    assert "doras" not in text and ">review<" not in text
    code_all(hers, ada)
    text = as_user(ada).get(f"/queues/{hers.pk}/").content.decode()
    assert "Nothing is left for you to code." in text
    assert "Go on" not in text and ">Start<" not in text


def test_a_coder_who_is_named_for_what_they_no_longer_may_is_told_why(
    as_user, faces, ada, rex, ben
):
    queue = coding_queue(ben, coding=[ada], validation=[rex])
    rex.groups.clear()
    rex.groups.add(ada.groups.get())
    text = as_user(type(rex).objects.get(pk=rex.pk)).get(f"/queues/{queue.pk}/").content.decode()
    assert "To validate needs another role than yours." in text


def test_its_maker_reads_on_the_page_what_is_in_the_way(as_user, faces, ada, ben):
    queue = coding_queue(ben, coding=[ada])
    deactivated(ada)
    for path in ("/queues/", f"/queues/{queue.pk}/", f"/queues/{queue.pk}/edit/"):
        assert "can't go on" in as_user(ben).get(path).content.decode()
    text = text_of(as_user(ben).get(f"/queues/{queue.pk}/"))
    assert "ada is named to code, but is deactivated" in text
    assert "ada (deactivated)" in text


def test_a_reviewer_edits_a_queue_on_its_page(as_user, faces, ada, dora, ben):
    queue = coding_queue(ben, coding=[ada])
    take_next(queue, ada, "coding")
    client = as_user(ben)
    page = client.get(f"/queues/{queue.pk}/edit/").content.decode()
    assert 'value="Q"' in page
    given = {"name": "new name", "coding": [dora.pk], "validation": [ben.pk]}
    answer = client.post(f"/queues/{queue.pk}/edit/", given, follow=True)
    assert "went back to the others: ada 1" in answer.content.decode()
    queue.refresh_from_db()
    assert queue.name == "new name"
    assert [list(users) for users in team_of(queue).values()] == [[dora], [ben], []]


def test_a_refused_edit_says_why_beside_the_field(as_user, faces, ada, ben):
    queue = coding_queue(ben, coding=[ada], is_blind=True)
    answer = as_user(ben).post(f"/queues/{queue.pk}/edit/", {"name": "Q"})
    assert answer.status_code == 400
    assert "Name the coders" in answer.content.decode()
    assert [user.username for user in team_of(queue)["coding"]] == ["ada"]


def test_a_queue_is_edited_over_the_api(client, ada, dora, ben, faces):
    queue = coding_queue(ben, coding=[ada])
    api = APIClient()
    api.force_authenticate(ben)
    body = {"name": "renamed", "members": {"coding": ["dora"]}, "is_open": False}
    answer = api.patch(f"/api/v1/queues/{queue.pk}/", body, format="json")
    assert answer.status_code == 200, answer.json()
    shown = answer.json()
    assert (shown["name"], shown["is_open"]) == ("renamed", False)
    assert shown["members"] == {"coding": ["dora"], "validation": [], "acceptance": []}
    for wrong, field in (
        ({"members": {"validation": ["ada"]}}, "members.validation"),
        ({"members": {"painting": ["ada"]}}, "members.painting"),
        ({"members": {"coding": ["nobody"]}}, "members.coding"),
        ({"members": []}, "members"),
        ({"name": ""}, "name"),
    ):
        answer = api.patch(f"/api/v1/queues/{queue.pk}/", wrong, format="json")
        assert answer.status_code == 400, wrong
        assert any(name.startswith(field) for name in answer.json()["fields"]), answer.json()
    api.force_authenticate(dora)
    assert api.patch(f"/api/v1/queues/{queue.pk}/", {"name": "x"}).status_code in {403, 404}


def test_problems_are_told_to_reviewers_over_the_api(ada, ben, faces):
    queue = coding_queue(ben)
    deactivated(ada)
    api = APIClient()
    api.force_authenticate(ben)
    found = api.get(f"/api/v1/queues/{queue.pk}/").json()["problems"]
    assert {problem["stage"] for problem in found} == {"validation", "acceptance"}


def test_names_that_are_taken_are_refused_when_renaming(faces, ada, ben):
    coding_queue(ben, coding=[ada], name="first")
    queue = coding_queue(ben, coding=[ada], name="second")
    with pytest.raises(InvalidQueue, match="already"):
        edit_queue(ben, queue, name="first")
