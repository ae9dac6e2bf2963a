"""A coder's reading holds what she said; a decision that takes others' readings over says so."""

import pytest

from annotations.codings.reading import Reading, Score, reading_of
from annotations.models import Coding, Face, Review
from annotations.review import bulk
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import accept_prediction, correct, propose
from tests.factories import assert_bits_are_scores, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def face():
    """Truth: AU4 C on the left, AU9 and AU20 beyond the editor, no AU12; anger."""
    face = make_face()
    truth = make_coding(face, emotion="negative", present=(4, 9, 20), absent=(12,))
    truth.scores.filter(au=4).update(intensity="C", side="L")
    Coding.objects.filter(pk=truth.pk).update(basic_emotion="anger")
    make_coding(face, model_coder(), emotion="negative", present=(4, 6), absent=(12, 17))
    return face


def truth_of(face) -> Coding:
    return face.codings.accepted().get()


def by(user) -> Coding:
    return Coding.objects.filter(coder__user=user).first()


def save(client, face, decision, **given):
    truth = face.codings.accepted().first()
    given = {"decision": decision, "seen": truth.pk if truth else ""} | given
    model = face.codings.predictions().first()
    answer = client.post(f"/faces/{face.pk}/review/", given | {"model": model.pk if model else ""})
    assert answer.status_code == 303, answer.content.decode()


@pytest.mark.parametrize("decision", ["propose", "correct"])
def test_a_coders_opinion_holds_exactly_what_she_marked(as_user, ada, face, decision):
    save(as_user(ada), face, decision, au=["4"], absent=["6"], emotion="negative")
    coding = by(ada)
    assert reading_of(coding) == Reading("negative", {4: Score(True), 6: Score(False)})
    assert coding.is_independent
    assert coding.based_on is None


def test_a_correction_keeps_what_the_editor_does_not_ask_and_is_not_independent(as_user, ben, face):
    save(as_user(ben), face, "correct", au=["4"], absent=["6"], emotion="negative")
    coding = truth_of(face)
    assert reading_of(coding).scores == {
        4: Score(True, side="L"), 6: Score(False), 9: Score(True), 20: Score(True),
    }  # fmt: skip
    assert coding.basic_emotion == "anger"
    assert not coding.is_independent


def test_a_first_truth_by_a_reviewer_is_their_own_reading(as_user, ben):
    face = make_face()
    make_coding(face, model_coder())
    save(as_user(ben), face, "correct", au=["4"])
    assert truth_of(face).is_independent
    assert reading_of(truth_of(face)).scores == {4: Score(True)}


def test_taking_the_models_reading_keeps_an_intensity_only_where_the_model_agrees(
    as_user, ben, face
):
    truth_of(face).scores.filter(au=9).update(intensity="E")
    save(as_user(ben), face, "accept_model")
    coding = truth_of(face)
    scores = reading_of(coding).scores
    assert scores[4] == Score(True, "C", side="L")
    assert scores[6] == Score(True)
    assert scores[9] == Score(True, "E")  # which the model says nothing of
    assert not coding.is_independent


def test_an_intensity_goes_where_the_model_sees_no_unit(as_user, ben):
    face = make_face()
    truth = make_coding(face, present=(12,), absent=())
    truth.scores.update(intensity="D")
    make_coding(face, model_coder(), present=(6,), absent=(12,))
    save(as_user(ben), face, "accept_model")
    assert reading_of(truth_of(face)).scores == {6: Score(True), 12: Score(False)}


def test_many_at_once_are_not_independent_either(ben, face):
    criteria = bulk.Criteria(model=model_coder(), confidence=0.5, agreeing=0)
    shown = bulk.preview(Face.objects.all(), criteria)
    bulk.apply(ben, Face.objects.all(), criteria, shown.digest)
    assert_bits_are_scores()
    assert not truth_of(face).is_independent
    assert reading_of(truth_of(face)).scores[4] == Score(True, "C", side="L")


def test_a_decision_is_no_persons_vote_for_the_model(ben, boss, face):
    """Ben took the model's reading; that nobody else said so counts."""
    model = face.codings.predictions().get()
    accept_prediction(ReviewContext(face, ben, seen=truth_of(face).pk), model)
    other = Reading("surprise", {4: Score(False)})
    correct(ReviewContext(face, boss, seen=truth_of(face).pk), Statement(other))
    for agreeing, count in ((0, 1), (1, 0)):
        criteria = bulk.Criteria(model=model_coder(), confidence=0.5, agreeing=agreeing)
        assert len(bulk.preview(Face.objects.all(), criteria).planned) == count


def test_her_own_units_beyond_the_editor_stay_with_her_own_coding(as_user, ada, face):
    reading = Reading("", {5: Score(True, "B"), 12: Score(True)})
    propose(ReviewContext(face, ada, seen=truth_of(face).pk), Statement(reading))
    save(as_user(ada), face, "propose", absent=["12"])
    assert reading_of(by(ada)).scores == {5: Score(True, "B"), 12: Score(False)}
    assert by(ada).is_independent


def test_an_adjudication_is_a_decision(as_user, ben, face):
    given = {"seen": truth_of(face).pk, "emotion": "negative", "au": ["4"], "comment": "plain"}
    as_user(ben).post(f"/faces/{face.pk}/adjudicate/", given)
    assert Review.objects.get().decision == "adjudicate"
    assert not truth_of(face).is_independent
    assert set(reading_of(truth_of(face)).scores) == {4, 9, 20}
