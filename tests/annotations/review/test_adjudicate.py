"""Faces on which people differ, side by side, and the accepted coding with its reason."""

import pytest

from annotations.codings.reading import Reading, Score
from annotations.codings.services import human_coder
from annotations.models import Coding, Face, Review
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import accept_truth, correct, propose, undo_review
from facsweb.rest.counted import count_to
from tests.cast import make_user
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def face():
    """Truth positive 6 12; Ada says so too; Dora sees AU4 and negative."""
    face = make_face()
    make_coding(face, present=(6, 12), absent=(4,))
    make_coding(face, model_coder(), present=(6, 12), absent=(4,))
    return face


@pytest.fixture
def dora(db):
    return make_user("dora", "coder")


def proposes(face, user, reading):
    return propose(
        ReviewContext(face, user, seen=face.codings.accepted().get().pk), Statement(reading)
    )


SAME = Reading("positive", {6: Score(True), 12: Score(True), 4: Score(False)})
OTHER = Reading("negative", {6: Score(False), 12: Score(True, "B"), 4: Score(True, "D")})


def contested():
    return list(Face.objects.contested())


def test_a_differing_proposal_is_listed_until_it_is_decided(face, ada, dora, ben):
    proposes(face, ada, SAME)
    assert contested() == []
    proposes(face, dora, OTHER)
    assert contested() == [face]
    kept = accept_truth(ReviewContext(face, ben, seen=face.codings.accepted().get().pk))
    assert contested() == []
    undo_review(kept, ben)
    assert contested() == [face]


def test_people_who_differ_where_nothing_is_true_yet(ada, dora):
    face = make_face()
    make_coding(face, human_coder(ada), truth=False)
    assert contested() == [face]  # somebody must decide
    other = make_face()
    make_coding(other, human_coder(dora), truth=False)
    make_coding(other, human_coder(ada), emotion="negative", truth=False)
    assert contested() == [face, other]


def test_all_codings_stand_side_by_side(as_user, ben, face, ada, dora):
    proposes(face, ada, SAME)
    proposes(face, dora, OTHER)
    page = as_user(ben).get(f"/faces/{face.pk}/adjudicate/")
    sides = page.context["sides"]
    assert [coding.coder.name for coding in sides.codings] == ["CK+", "ada", "dora", "VGG16-test"]
    assert {row.unit.number for row in sides.rows if row.differs} == {4, 6}
    assert sides.emotion_differs
    assert face.pk in [card[0].pk for card in as_user(ben).get("/adjudication/").context["cards"]]


def test_the_accepted_coding_keeps_its_reason(as_user, ben, face, ada, dora):
    proposes(face, dora, OTHER)
    client = as_user(ben)
    given = {
        "seen": face.codings.accepted().get().pk, "emotion": "negative",
        "au": ["4", "12"], "intensity-4": "D",
    }  # fmt: skip
    refused = client.post(f"/faces/{face.pk}/adjudicate/", given)
    assert refused.status_code == 400
    assert "reason" in refused.content.decode()
    client.post(f"/faces/{face.pk}/adjudicate/", given | {"comment": "Brows are clearly lowered."})
    truth = face.codings.accepted().get()
    assert truth.coder.user == ben
    assert truth.scores.get(au=4).intensity == "D"
    assert Review.objects.first().comment == "Brows are clearly lowered."
    history = client.get(f"/faces/{face.pk}/").content.decode()
    for words in ("adjudicated", "Brows are clearly lowered.", "AU4 absent → present D"):
        assert words in history


def test_a_stale_adjudication_is_refused(as_user, ben, boss, face):
    seen = face.codings.accepted().get().pk
    correct(ReviewContext(face, boss, seen=seen), Statement(OTHER))
    given = {"seen": seen, "emotion": "positive", "comment": "mine"}
    assert as_user(ben).post(f"/faces/{face.pk}/adjudicate/", given).status_code == 409


def test_coders_do_not_adjudicate(as_user, ada, cleo, face):
    for user in (ada, cleo):
        client = as_user(user)
        assert client.get("/adjudication/").status_code == 404
        assert client.get(f"/faces/{face.pk}/adjudicate/").status_code == 404
        assert client.post(f"/faces/{face.pk}/adjudicate/", {"comment": "x"}).status_code == 404


def test_list_has_a_fixed_number_of_queries(as_user, ben, dora, face, django_assert_num_queries):
    proposes(face, dora, OTHER)
    client = as_user(ben)
    client.get("/adjudication/")
    with django_assert_num_queries(9):  # one of them is for the audit
        client.get("/adjudication/")
    for _ in range(5):
        another = make_face()
        make_coding(another, present=(6, 12), absent=(4,))
        proposes(another, dora, OTHER)
    client.get("/adjudication/")  # writes down who has seen the new ones
    with django_assert_num_queries(9):
        assert len(client.get("/adjudication/").context["cards"]) == 6


def test_the_list_goes_on_after_the_last_face_and_counts_no_further_than_it_tells(
    as_user, ben, ada, monkeypatch
):
    monkeypatch.setattr("annotations.pages.adjudication.FACES_A_PAGE", 2)
    faces = [make_face() for _ in range(5)]
    for face in faces:
        make_coding(face, human_coder(ada), truth=False)
    client, address, shown = as_user(ben), "/adjudication/", []
    for length in (2, 2, 1):
        page = client.get(address)
        assert len(page.context["cards"]) == length
        shown += [face.pk for face, _ in page.context["cards"]]
        address = f"/adjudication/?after={page.context['found'].after}"
    assert shown == [face.pk for face in faces]
    assert page.context["found"].after is None
    assert client.get(f"/adjudication/?after={faces[-1].pk}").context["cards"] == []
    assert str(count_to(Coding.objects.contested_faces(), 5)) == "5"
    assert str(count_to(Coding.objects.contested_faces(), 4)) == "more than 4"
