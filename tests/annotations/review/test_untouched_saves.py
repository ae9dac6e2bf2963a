"""What is stored of an editor: what was marked in it, and nothing that nobody said."""

import pytest
from django.contrib.auth.models import Group

from annotations.models import Coding, Face, Review
from annotations.problems import StaleCoding
from annotations.queues.assignments import take_next
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.review.decisions import undo_review
from tests.annotations.editor_form import AS_JSON, as_opened, save, units
from tests.cast import make_user
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db

NOTHING = "Nothing coded yet. Press 0 if no action unit is there."


def coding_queue(maker):
    """Open to whoever may; a second reviewer can judge what `maker` codes."""
    make_user("rita", "reviewer")
    plan = QueuePlan("Q", "random", first_stage="coding")
    return make_queue(maker, plan, Face.objects.all())


# What the editor starts from


def test_a_coders_form_holds_neither_truth_nor_model(as_user, ada, face):
    given = as_opened(as_user(ada), face)
    assert (given["emotion"], given["au"], given["absent"]) == ("", [], [])


def test_a_coder_goes_on_from_her_own_coding(as_user, ada, face):
    client = as_user(ada)
    save(client, face, au=["27"], absent=["12"], emotion="surprise")
    given = as_opened(client, face)
    assert (given["emotion"], given["au"], given["absent"]) == ("surprise", [27], [12])


def test_a_decision_of_hers_is_no_reading_to_go_on_from(as_user, ben, face):
    """A reviewer who took the model's reading codes in a queue: the form starts empty."""
    client = as_user(ben)
    save(client, face, "accept_model", model=face.codings.predictions().get().pk)
    queue = coding_queue(ben)
    take_next(queue, ben, "coding")
    given = as_opened(client, face, f"?queue={queue.pk}")
    assert (given["emotion"], given["au"], given["absent"]) == ("", [], [])


def test_a_reviewers_form_holds_the_truth_and_never_the_model(as_user, ben, face):
    given = as_opened(as_user(ben), face)
    assert (given["emotion"], given["au"], given["absent"]) == ("negative", [4], [6, 12])
    assert given["intensity-4"] == "B"
    unlabelled = make_face()
    make_coding(unlabelled, model_coder())
    assert as_opened(as_user(ben), unlabelled)["au"] == []


# Saving it untouched


@pytest.mark.parametrize("rest", [{}, {"rest_absent": "on", "rest_before": "on"},
                                  {"rest_absent": "on"}, {"comment": "hm"}])  # fmt: skip
def test_an_untouched_blind_save_is_refused_in_words(as_user, blind_ada, face, rest):
    answer = save(as_user(blind_ada), face, **rest)
    assert (answer.status_code, answer.json()["detail"]) == (400, NOTHING)
    plain = save(as_user(blind_ada), face, headers={}, **rest)
    assert plain.status_code == 400
    assert NOTHING in plain.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_with_no_truth_an_untouched_save_is_refused(as_user, request, who):
    face = make_face()
    make_coding(face, model_coder())
    user = request.getfixturevalue(who)
    decision = "propose" if who == "ada" else "correct"
    answer = save(as_user(user), face, decision)
    assert (answer.status_code, answer.json()["detail"]) == (400, NOTHING)
    assert Coding.objects.count() == 1


@pytest.mark.parametrize("rest", [{}, {"rest_absent": "on", "rest_before": "on"}])
def test_an_untouched_save_on_a_face_with_a_truth_is_an_agreement(as_user, ada, face, rest):
    answer = save(as_user(ada), face, **rest)
    assert "You agree with the ground truth" in answer.json()["said"]
    review = Review.objects.get()
    assert (review.decision, review.result) == ("agree", None)
    assert review.reviewed == face.codings.accepted().get()
    assert not Coding.objects.filter(coder__user=ada).exists()
    assert list(Face.objects.contested()) == []
    page = as_user(ada).get(f"/faces/{face.pk}/").content.decode()
    assert "agreed with the ground truth" in page


def test_an_agreement_is_with_the_truth_that_was_shown(as_user, ada, ben, face):
    seen = face.codings.accepted().get().pk
    save(as_user(ben), face, "correct", emotion="surprise")
    assert save(as_user(ada), face, seen=seen).status_code == 409


def test_an_agreement_completes_a_task_and_is_undone(as_user, ada, ben, face):
    queue = coding_queue(ben)
    task = take_next(queue, ada, "coding")
    answer = save(as_user(ada), face, queue=queue.pk)
    task.refresh_from_db()
    assert task.state == "completed"
    assert answer.json()["undo"]
    assert as_user(ada).post(answer.json()["undo"], headers=AS_JSON).status_code == 200
    task.refresh_from_db()
    assert task.state == "in_progress"
    history = as_user(ada).get(f"/faces/{face.pk}/").content.decode()
    assert "undid: “agreed with the ground truth”" in history
    with pytest.raises(StaleCoding):
        undo_review(Review.objects.get(decision="agree"), ada)


def test_to_agree_with_a_truth_that_one_decided_is_to_agree_with_the_truth(as_user, ben, face):
    client = as_user(ben)
    save(client, face, "correct", emotion="surprise")
    queue = coding_queue(ben)
    take_next(queue, ben, "coding")
    answer = save(client, face, queue=queue.pk)
    assert "You agree with the ground truth" in answer.json()["said"]


def test_the_same_request_again_says_the_same(as_user, blind_ada, face):
    given = {"au": ["12"], "request_id": "5b0e2fd2-6f5a-4b2c-9f3e-8d7f0c2a9b3e"}
    said = [save(as_user(blind_ada), face, **given).json()["said"] for _ in range(2)]
    assert said[0] == said[1]
    assert [review.decision for review in Review.objects.all()] == ["propose"]


def test_her_own_coding_saved_as_it_was_is_not_written_again(as_user, ada, face):
    client = as_user(ada)
    save(client, face, au=["12"], emotion="positive")
    answer = save(client, face, **as_opened(client, face))
    assert "your coding of" in answer.json()["said"]
    assert Coding.objects.filter(coder__user=ada).count() == 1
    assert "stood by their own coding" in client.get(f"/faces/{face.pk}/").content.decode()
    save(client, face, au=["12"], emotion="surprise")
    assert Coding.objects.filter(coder__user=ada).count() == 2


def test_a_coding_that_was_sent_back_may_stand_as_it_is(as_user, ada, ben, face):
    from annotations.review.adjudication import send_back

    queue = coding_queue(ben)
    task = take_next(queue, ada, "coding")
    client = as_user(ada)
    save(client, face, au=["12"], queue=queue.pk)
    send_back(take_next(queue, ben, "validation"), ben, "Look again", "test")
    answer = save(client, face, queue=queue.pk, **as_opened(client, face, f"?queue={queue.pk}"))
    assert answer.status_code == 200, answer.json()
    task.refresh_from_db()
    assert task.state == "completed"
    assert Coding.objects.filter(coder__user=ada).count() == 1


@pytest.mark.parametrize("rest", [False, True])
def test_a_reviewer_who_changes_nothing_keeps_the_truth(as_user, ben, face, rest):
    client = as_user(ben)
    if rest:
        client.post("/coding/rest/", {"rest_absent": "on"})
    answer = save(client, face, "correct", **as_opened(client, face))
    assert "Ground truth kept" in answer.json()["said"]
    assert Review.objects.get().decision == "accept_truth"
    assert face.codings.accepted().get().coder_kind == "import"


def test_a_reviewer_at_the_coding_stage_gives_an_opinion(as_user, ben, face):
    queue = coding_queue(ben)
    take_next(queue, ben, "coding")
    save(as_user(ben), face, "correct", au=["12"], queue=queue.pk)
    coding = Coding.objects.get(coder__user=ben)
    assert (coding.is_accepted, coding.is_independent, units(coding)) == (False, True, {12: True})


def test_the_page_of_a_face_takes_no_other_decision(as_user, ben, face):
    for decision in ("adjudicate", "undo", "pass_on", "send_back"):
        assert save(as_user(ben), face, decision, emotion="surprise").status_code == 400


def test_a_page_filled_for_a_decision_is_no_opinion_of_who_may_not_decide_any_more(
    as_user, ben, face
):
    client = as_user(ben)
    page = client.get(f"/faces/{face.pk}/")
    assert 'name="filled" value="on"' in page.content.decode()
    ben.groups.set(Group.objects.filter(name="coder"))
    client = as_user(ben)  # with a lesser role one signs in anew
    truth = face.codings.accepted().get()
    given = {"decision": "correct", "filled": "on", "seen": truth.pk, "au": ["6"]}
    answer = client.post(f"/faces/{face.pk}/review/", given, HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_coding")
    assert not Coding.objects.by_people().exists()
