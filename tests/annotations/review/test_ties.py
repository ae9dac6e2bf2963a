"""Where coders are tied nothing is preset, and nothing is saved before somebody decides."""

import pytest

from annotations.codings.held import Held
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, human_coder
from annotations.models import Review
from annotations.review import ties
from annotations.review.adjudication import side_by_side
from tests.cast import make_user
from tests.factories import make_coding, make_face, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db

YES, NO = Score(True), Score(False)


@pytest.fixture
def people(db):
    return {name: human_coder(make_user(name, "coder")) for name in ("ana", "bo", "cy", "di")}


@pytest.fixture
def face(people):
    """Ana and Bo differ in AU6, in AU12's intensity and in the emotion; both see AU4, not AU1."""
    face = make_face()
    make_coding(face, emotion="surprise", present=(6, 9), absent=(4,))
    make_coding(face, model_coder(), emotion="surprise", present=(6, 27), absent=(4, 12))
    alike = {4: Score(True, "B"), 1: NO}
    says(face, people["ana"], "positive", {**alike, 6: YES, 12: Score(True, "B")})
    says(face, people["bo"], "negative", {**alike, 6: NO, 12: Score(True, "D"), 25: YES})
    return face


def says(face, coder, emotion, scores, **fields):
    return add_coding(face, coder, Reading(emotion, scores), Provenance(**fields))


def sides_of(face, user):
    return side_by_side(face, user, model_coder())


def rows_of(face, user):
    return {row.unit.number: row for row in sides_of(face, user).rows}


@pytest.mark.parametrize(("scores", "held", "tie"), [
    ([], Held(), ""),
    ([YES], Held(present=True), ""),
    ([YES, YES, NO], Held(present=True), ""),
    ([NO, NO, YES], Held(absent=True), ""),
    ([YES, NO], Held(), "presence"),
    ([Score(True, "B"), Score(True, "B"), Score(True, "D")], Held(True, False, "B"), ""),
    ([Score(True, "B"), YES], Held(True, False, "B"), ""),
    ([Score(True, "B"), Score(True, "D")], Held(present=True), "intensity"),
    ([Score(True, "B"), Score(True, "C"), Score(True, "D")], Held(present=True), "intensity"),
    ([Score(True, "B"), Score(True, "D"), NO, NO], Held(), "presence intensity"),
    ([Score(True, "B"), Score(True, "D"), NO, NO, NO], Held(absent=True), ""),
])  # fmt: skip
def test_more_than_half_decide(scores, held, tie):
    for given in (scores, scores[::-1]):  # who came first doesn't matter
        assert ties.vote_on(given) == ties.Vote(held, tie)


def test_a_tie_has_no_preset_and_is_marked(as_user, ben, face):
    rows = rows_of(face, ben)
    assert rows[6].held == Held()
    assert rows[12].held == Held(present=True)
    assert {au for au, row in rows.items() if row.is_open} == {6, 12}
    text = text_of(as_user(ben).get(f"/faces/{face.pk}/adjudicate/"))
    assert "Tied, for you to decide: the emotion, AU6, the intensity of AU12." in text
    radios = [part for part in text.split("<input") if 'name="emotion"' in part]
    assert not [radio for radio in radios if " checked" in radio.split(">")[0]]
    assert text.count("autofocus") == 1
    assert "autofocus" in next(radio for radio in radios if "emotion-negative" in radio)


def test_what_most_say_is_preset_and_what_nobody_coded_is_not(ben, face):
    rows = rows_of(face, ben)
    assert rows[4].held == Held(True, False, "B")
    assert rows[1].held == Held(absent=True)
    assert rows[25].held == Held(present=True)  # Ana didn't code it
    assert rows[27].held == Held()  # the model doesn't count
    assert rows[2].held == Held()


def test_what_no_person_coded_stays_as_it_is_true(as_user, people, ben):
    face = make_face()
    make_coding(face, emotion="surprise", present=(6,), absent=(4,))
    says(face, people["ana"], "", {12: YES})
    sides = sides_of(face, ben)
    held = {row.unit.number: row.held for row in sides.rows}
    assert (held[6], held[4]) == (Held(present=True), Held(absent=True))
    assert (held[12], held[27]) == (Held(present=True), Held())
    assert (sides.emotion, sides.open_ties) == ("surprise", [])


def test_a_third_coder_breaks_the_tie(people, ben, face):
    says(face, people["cy"], "negative", {6: YES, 12: Score(True, "D")})
    sides = sides_of(face, ben)
    assert (sides.emotion, sides.open_ties) == ("negative", [])


def test_the_page_says_who_counts(as_user, people, ben, boss, face):
    says(face, human_coder(boss), "surprise", {6: YES}, is_independent=False)
    text = as_user(ben).get(f"/faces/{face.pk}/adjudicate/").content.decode()
    assert "Preset by the majority of: ana, bo." in text
    assert "CK+, boss and VGG16-test are shown, and don&#x27;t count." in text
    assert rows_of(face, ben)[6].held == Held()


def test_with_nobody_the_truth_is_preset(ben):
    face = make_face()
    make_coding(face, emotion="surprise", present=(6,), absent=(4,))
    sides = sides_of(face, ben)
    assert (sides.emotion, sides.open_ties) == ("surprise", [])
    held = {row.unit.number: row.held for row in sides.rows}
    assert (held[6], held[4], held[12]) == (Held(present=True), Held(absent=True), Held())
    assert "preset by the truth (CK+)" in sides.who_counts


def save(client, face, headers=None, **given):
    truth = face.codings.accepted().get().pk
    given = {"seen": truth, "comment": "looked again", "au": ["4", "12"], "absent": ["1"]} | given
    return client.post(f"/faces/{face.pk}/adjudicate/", given, headers=headers)


@pytest.mark.parametrize(("given", "open_"), [
    ({}, "the emotion, AU6, the intensity of AU12"),
    ({"emotion": ""}, "AU6, the intensity of AU12"),
    ({"emotion": "positive", "absent": ["6"]}, "the intensity of AU12"),
    ({"emotion": "positive", "intensity-12": "D"}, "AU6"),
    ({"absent": ["6", "12"], "au": ["4"]}, "the emotion"),
])  # fmt: skip
def test_an_open_tie_is_refused_by_name(as_user, ben, face, given, open_):
    answer = save(as_user(ben), face, {"Accept": "application/json"}, **given)
    assert answer.status_code == 400
    assert f"you haven't decided yet: {open_}. Choose" in answer.json()["detail"]
    assert not Review.objects.exists()


def test_a_refused_page_keeps_what_was_chosen(as_user, ben, face):
    answer = save(as_user(ben), face, emotion="positive", au=["4"], absent=["12"])
    assert answer.status_code == 400
    sides = answer.context["sides"]
    held = {row.unit.number: row.held for row in sides.rows}
    assert sides.emotion == "positive"
    assert (held[12], held[1]) == (Held(absent=True), Held())
    assert sides.open_ties == ["AU6"]
    assert "looked again" in answer.content.decode()


def test_what_is_decided_is_saved(as_user, ben, face):
    given = {"emotion": "", "absent": ["6", "1"], "intensity-12": "D", "intensity-4": "B"}
    assert save(as_user(ben), face, **given).status_code == 303
    truth = face.codings.accepted().get()
    scores = {score.au: (score.present, score.intensity) for score in truth.scores.all()}
    assert scores == {
        1: (False, ""), 4: (True, "B"), 6: (False, ""), 9: (True, ""), 12: (True, "D"),
    }  # fmt: skip
    assert truth.emotion == ""


def test_votes_that_came_since_are_looked_at_first(as_user, people, ben, face):
    votes = sides_of(face, ben).votes
    says(face, people["cy"], "negative", {4: NO})
    given = {"emotion": "", "absent": ["6"], "intensity-12": "D"}
    answer = save(as_user(ben), face, {"Accept": "application/json"}, votes=votes, **given)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_coding")
    assert not Review.objects.exists()


def test_passing_codings_on_settles_no_tie(as_user, people, ben, face):
    from annotations.models import Face
    from annotations.queues.assignments import take_next
    from annotations.queues.plans import QueuePlan
    from annotations.queues.services import make_queue

    plan = QueuePlan("Q", "random", first_stage="coding")
    queue = make_queue(ben, plan, Face.objects.filter(pk=face.pk))
    queue.items.update(stage="validation")
    take_next(queue, ben, "validation")
    assert save(as_user(ben), face, decision="pass_on", queue=queue.pk).status_code in {302, 303}
    assert Review.objects.get().decision == "pass_on"
