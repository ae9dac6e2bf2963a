"""One rule of what differs: SQL, Python, NumPy and the API tell the same of any two readings."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations import facs
from annotations.api.rows import faces_as_json
from annotations.codings.comparison import Said, differences, repeats, said_by, said_in
from annotations.codings.facts import wrong_facts
from annotations.codings.reading import Reading, Score
from annotations.codings.selectors import (
    comparison_of,
    pair_of,
    with_comparison,
    with_pair,
)
from annotations.codings.services import add_coding, human_coder, make_truth, withdraw
from annotations.models import Coding, Face
from annotations.queues.orders import rank
from annotations.review.adjudication import side_by_side
from tests.factories import import_coder, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db

#: Two units that the model answers for and two that it doesn't: differences are then frequent.
_AUS = (1, 12, 9, 20)
READINGS = st.builds(
    Reading,
    emotion=st.sampled_from(["", *facs.EMOTIONS]),
    scores=st.dictionaries(
        st.sampled_from(_AUS), st.booleans().map(Score), max_size=len(_AUS)
    ),
).filter(lambda reading: reading.emotion or reading.scores)  # fmt: skip


@pytest.fixture
def request_of(rf, ben):
    request = rf.get("/")
    request.user = ben
    return request


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs=st.lists(st.tuples(READINGS, READINGS), min_size=1, max_size=4))
def test_the_list_the_card_the_api_and_the_queue_find_the_same_faces(ben, request_of, pairs):
    model, truth_by = model_coder(), import_coder()
    expected = {}
    for truth, reading in pairs:
        face = make_face()
        make_truth(add_coding(face, truth_by, truth))
        add_coding(face, model, reading)
        expected[face.pk] = differences(said_in(truth), said_in(reading))
    faces = Face.objects.filter(pk__in=expected)
    differing = {pk for pk, count in expected.items() if count}
    assert {face.pk for face in faces.disagreeing(model)} == differing
    assert {face.pk for face in faces.agreeing(model)} == expected.keys() - differing
    pages = {face.pk: comparison_of(face) for face in with_comparison(faces, model, ben)}
    assert {pk: page.differences for pk, page in pages.items()} == expected
    assert {
        pk: sum(unit.differs for unit in page.action_units) + page.emotion.differs
        for pk, page in pages.items()
    } == expected
    cards = {face.pk: pair_of(face) for face in with_pair(faces, model, ben)}
    assert {pk: card.differences for pk, card in cards.items()} == expected
    sides = {face.pk: side_by_side(face, ben, model) for face in faces}
    assert {pk: side.differences for pk, side in sides.items()} == expected
    told = faces_as_json(faces.select_related("subject"), request_of, model=model)
    assert {face["id"]: face["differences"] for face in told} == expected
    ranked = rank("disagreement", faces, coder=model, target="", seed=1)
    assert {each.face_id for each in ranked} == differing


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(former=READINGS, truth=READINGS, reading=READINGS)
def test_a_truth_that_comes_later_has_its_differences_kept(former, truth, reading):
    face, people = make_face(), import_coder()
    said = add_coding(face, model_coder(), reading)
    add_coding(face, people, former, is_truth=True)
    accepted = add_coding(face, people, truth, is_truth=True)
    said.refresh_from_db()
    assert said.differs == bool(differences(said_in(truth), said_in(reading)))
    assert wrong_facts(face.pk, face.pk) == []  # as SQL compares them
    withdraw(accepted)
    said.refresh_from_db()
    face.refresh_from_db()
    assert (said.differs, face.is_labelled) == (None, False)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(truth=st.none() | READINGS, proposals=st.lists(READINGS, min_size=1, max_size=2))
def test_a_face_is_contested_where_people_differ_by_the_same_rule(ada, ben, truth, proposals):
    face = make_face()
    if truth is not None:
        make_truth(add_coding(face, import_coder(), truth))
    for user, reading in zip((ada, ben), proposals, strict=False):
        add_coding(face, human_coder(user), reading)
    codings = list(codings_of(face).prefetch_related("scores"))
    accepted = [coding for coding in codings if coding.is_accepted]
    people = [coding for coding in codings if coding.coder_kind == "human"]
    contested = not accepted or any(
        differences(said_by(person), said_by(other))
        for person in people
        for other in (*accepted, *people)
    )
    assert Face.objects.filter(pk=face.pk).contested().exists() == contested
    assert list(codings_of(face).contested_faces()) == [face.pk] * contested


def codings_of(face):
    return Coding.objects.filter(face=face)


def test_a_unit_that_the_model_does_not_answer_for_is_no_difference():
    face = make_face()
    make_coding(face, present=(9, 12), absent=(1,))
    make_coding(face, model_coder(), present=(12,), absent=(1, 9))
    assert not Face.objects.disagreeing(model_coder()).exists()
    assert Face.objects.agreeing(model_coder()).get() == face


@given(one=READINGS, other=READINGS)
def test_who_repeats_a_reading_does_not_differ_from_it(one, other):
    first, second = said_in(one), said_in(other)
    assert differences(first, second) == differences(second, first)
    assert repeats(first, first)
    if repeats(first, second):
        assert differences(first, second) == 0


def test_what_is_left_uncoded_is_no_difference_but_does_not_repeat():
    everything, nothing = Said("positive", {12: True}), Said("", {})
    assert differences(everything, nothing) == 0
    assert repeats(everything, nothing)
    assert not repeats(nothing, everything)
