"""What is stored of an editor: what was marked in it, and nothing that nobody said."""

import pytest

from annotations import facs
from annotations.exceptions import StaleCoding
from annotations.models import Coding, Face, Review
from annotations.queues.handing_out import take_next
from annotations.queues.making import QueuePlan, make_queue
from annotations.reviewing import undo_review
from annotations.services import human_coder
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db

NOTHING = "Nothing coded yet. Press 0 if no action unit is there."
AS_JSON = {"Accept": "application/json"}


@pytest.fixture
def face():
    """Truth negative, AU4 B, no AU6 and AU12, AU9 beyond the editor; the model says otherwise."""
    face = make_face()
    truth = make_coding(face, emotion="negative", present=(4, 9), absent=(6, 12))
    truth.scores.filter(au=4).update(intensity="B")
    make_coding(face, model_coder())
    return face


@pytest.fixture
def blind_ada(ada):
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save()
    return ada


def save(client, face, decision="propose", headers=AS_JSON, **given):
    truth = face.codings.accepted().first()
    given = {"decision": decision, "seen": truth.pk if truth else "", "emotion": ""} | given
    return client.post(f"/faces/{face.pk}/review/", given, headers=headers)


def as_opened(client, face, query=""):
    """The form of the face's page, as a browser sends it when nobody touches it."""
    page = client.get(f"/faces/{face.pk}/{query}").context["page"]
    given = {"emotion": next((choice.value for choice in page.emotions if choice.checked), "")}
    given["au"] = [row.unit.number for row in page.rows if row.held.present]
    given["absent"] = [row.unit.number for row in page.rows if row.held.absent]
    given |= {f"intensity-{row.unit.number}": row.held.intensity for row in page.rows}
    if page.rest_is_absent:
        given["rest_absent"] = given["rest_before"] = "on"
    return given


def units(coding: Coding) -> dict[int, bool]:
    return dict(coding.scores.values_list("au", "present"))


# Three states


def test_what_is_in_neither_list_is_not_coded(as_user, ada, face):
    save(as_user(ada), face, au=["12"], absent=["6"], **{"intensity-12": "C"})
    coding = Coding.objects.get(coder__user=ada)
    assert units(coding) == {6: False, 12: True}
    assert coding.scores.get(au=12).intensity == "C"


def test_the_rest_is_absent_only_where_the_coder_says_so(as_user, ada, face):
    save(as_user(ada), face, au=["12"], rest_absent="on")
    stored = units(Coding.objects.get(coder__user=ada))
    assert stored == {au: au == 12 for au in facs.MODEL_ACTION_UNITS}


def test_no_action_unit_is_said_on_purpose(as_user, blind_ada, face):
    assert save(as_user(blind_ada), face, no_unit="on").status_code == 200
    coding = Coding.objects.get(coder__user=blind_ada)
    assert units(coding) == dict.fromkeys(facs.MODEL_ACTION_UNITS, False)
    assert (coding.emotion, coding.is_blind) == ("", True)


@pytest.mark.parametrize(("given", "named"), [
    ({"au": ["6", "12"], "absent": ["12", "4"]}, "AU12: marked both present and absent"),
    ({"au": ["12"], "no_unit": "on"}, "AU12 present"),
    ({"au": ["6"], "intensity-12": "C"}, "AU12: an intensity is of a unit that is marked present"),
    ({"au": ["5"]}, "5"),
    ({"absent": ["x"]}, "x"),
])  # fmt: skip
def test_a_form_that_contradicts_itself_is_refused_by_name(as_user, ada, face, given, named):
    answer = save(as_user(ada), face, **given)
    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert not Review.objects.exists()


def test_a_refused_form_is_shown_again_as_it_was(as_user, ada, face):
    answer = save(
        as_user(ada), face, headers={}, au=["6", "12"], absent=["12"], rest_absent="on",
        comment="odd", emotion="surprise", **{"intensity-6": "D"},
    )  # fmt: skip
    page = answer.context["page"]
    rows = {row.unit.number: row.held for row in page.rows}
    assert (rows[6].present, rows[6].intensity) == (True, "D")
    assert (rows[12].present, rows[12].absent) == (True, True)
    assert rows[1].by_rest
    assert (page.comment, page.rest_is_absent) == ("odd", True)
    assert [choice.value for choice in page.emotions if choice.checked] == ["surprise"]


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
    queue = make_queue(ben, QueuePlan("Q", "random", first_stage="coding"), Face.objects.all())
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
    queue = make_queue(ben, QueuePlan("Q", "random", first_stage="coding"), Face.objects.all())
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
    from annotations.adjudication import send_back

    queue = make_queue(ben, QueuePlan("Q", "random", first_stage="coding"), Face.objects.all())
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
    queue = make_queue(ben, QueuePlan("Q", "random", first_stage="coding"), Face.objects.all())
    take_next(queue, ben, "coding")
    save(as_user(ben), face, "correct", au=["12"], queue=queue.pk)
    coding = Coding.objects.get(coder__user=ben)
    assert (coding.is_accepted, coding.is_independent, units(coding)) == (False, True, {12: True})


def test_the_page_of_a_face_takes_no_other_decision(as_user, ben, face):
    for decision in ("adjudicate", "undo", "pass_on", "send_back"):
        assert save(as_user(ben), face, decision, emotion="surprise").status_code == 400


# "The rest is absent" is remembered


def test_the_rest_is_remembered_per_person(as_user, ada, ben, face):
    client = as_user(ada)
    assert "What you don&#x27;t touch is not coded." in page_of(client, face)
    assert client.post("/coding/rest/", {"rest_absent": "on"}).status_code == 204
    text = page_of(client, face)
    assert "What you don&#x27;t touch is stored as absent." in text
    assert text.count("by-rest") == 15
    assert not client.get(f"/faces/{face.pk}/").context["page"].start.reading.scores
    assert not as_user(ben).get(f"/faces/{face.pk}/").context["page"].rest_is_absent
    client.post("/coding/rest/", {"rest_absent": ""})
    assert "by-rest" not in page_of(client, face)


def test_a_plain_form_remembers_it_with_the_coding(as_user, ada, face):
    save(as_user(ada), face, headers={}, au=["12"], rest_absent="on")
    assert human_coder(ada).rest_is_absent
    save(as_user(ada), face, headers={}, au=["6"], rest_before="on")
    assert not human_coder(ada).rest_is_absent


def test_an_old_coding_is_filled_up_only_by_switching_it_on(as_user, ada, face):
    client = as_user(ada)
    save(client, face, au=["12"])
    client.post("/coding/rest/", {"rest_absent": "on"})
    opened = as_opened(client, face)
    assert "by-rest" not in page_of(client, face)
    save(client, face, **opened)  # remembered from elsewhere: no touch
    assert Coding.objects.filter(coder__user=ada).count() == 1
    save(client, face, **(opened | {"rest_before": ""}))  # switched on here
    assert len(units(Coding.objects.filter(coder__user=ada).first())) == 15


def test_outsiders_remember_nothing(as_user, cleo):
    assert as_user(cleo).post("/coding/rest/", {"rest_absent": "on"}).status_code == 404


def page_of(client, face) -> str:
    return client.get(f"/faces/{face.pk}/").content.decode()
