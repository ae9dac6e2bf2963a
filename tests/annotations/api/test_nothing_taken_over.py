"""Labels by the API: a coder's holds what it names, a reviewer's keeps what the truth says."""

import pytest

from annotations.codings.reading import Reading, Score, reading_of
from annotations.codings.services import human_coder
from annotations.models import Coding, Review
from tests.cast import make_user
from tests.factories import make_coding, make_face, model_coder

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


@pytest.fixture
def send(client_of):
    def post(user, method, path, body, **headers):
        call = getattr(client_of(user), method)
        return call(f"/api/v1/{path}", body, format="json", headers=headers)

    return post


def test_a_coders_label_holds_what_it_names(send, ada, face):
    body = {"action_units": {"4": True, "6": False}, "seen": truth_of(face).pk}
    answer = send(ada, "post", f"faces/{face.pk}/codings/", body)
    assert answer.status_code == 201
    assert reading_of(by(ada)) == Reading("", {4: Score(True), 6: Score(False)})
    assert by(ada).is_independent


def test_a_batch_of_a_coders_labels_too(send, ada, face):
    items = [{"face": face.pk, "emotion": "surprise", "seen": truth_of(face).pk}]
    assert send(ada, "post", "codings/batch/", {"items": items}).json()["created"] == 1
    assert reading_of(by(ada)) == Reading("surprise")


def test_the_next_label_of_a_coder_leaves_out_what_it_does_not_name(send, ada, face):
    seen = truth_of(face).pk
    for units in ({"4": True, "6": False}, {"4": True}):
        body = {"action_units": units, "seen": seen}
        assert send(ada, "post", f"faces/{face.pk}/codings/", body).status_code == 201
    assert reading_of(by(ada)).scores == {4: Score(True)}


def test_a_reviewers_label_keeps_what_the_truth_says(send, ben, face):
    body = {"action_units": {"4": True, "6": False}, "seen": truth_of(face).pk}
    send(ben, "post", f"faces/{face.pk}/codings/", body)
    coding = truth_of(face)
    assert reading_of(coding).scores[4] == Score(True, "C", side="L")
    assert set(reading_of(coding).scores) == {4, 6, 9, 12, 20}
    assert (coding.emotion, coding.basic_emotion) == ("negative", "anger")
    assert not coding.is_independent


@pytest.fixture
def patch(client_of):
    def send(user, coding, **body):
        client = client_of(user)
        address = f"/api/v1/codings/{coding.pk}/"
        headers = {"If-Match": client.get(address)["ETag"]}
        return client.patch(address, body, format="json", headers=headers)

    return send


@pytest.mark.parametrize("whose", ["truth", "model", "dora"])
def test_a_coder_who_corrects_anothers_coding_says_only_what_she_sends(patch, ada, face, whose):
    coding = {
        "truth": truth_of(face),
        "model": face.codings.predictions().get(),
        "dora": make_coding(face, human_coder(make_user("dora", "coder")), truth=False),
    }[whose]
    assert patch(ada, coding, action_units={"17": "B"}).status_code == 200
    assert reading_of(by(ada)) == Reading("", {17: Score(True, "B")})
    assert by(ada).is_independent


def test_a_coder_who_corrects_her_own_coding_goes_on_from_it(send, patch, ada, face):
    body = {"emotion": "negative", "action_units": {"4": "B", "5": True}}
    send(ada, "post", f"faces/{face.pk}/codings/", body | {"seen": truth_of(face).pk})
    first = by(ada)
    assert patch(ada, first, action_units={"4": True, "17": False}).status_code == 200
    assert reading_of(by(ada)) == Reading(
        "negative", {4: Score(True, "B"), 5: Score(True), 17: Score(False)}
    )
    assert by(ada).based_on == first
    assert by(ada).is_independent


def test_a_reviewer_who_corrects_anothers_proposal_takes_it_over(patch, ada, ben):
    face = make_face()
    proposal = make_coding(face, human_coder(ada), truth=False, present=(6, 12), absent=())
    assert patch(ben, proposal, action_units={"12": False}).status_code == 200
    coding = truth_of(face)
    assert reading_of(coding) == Reading("positive", {6: Score(True), 12: Score(False)})
    assert (coding.is_independent, coding.based_on) == (False, proposal)


def test_accepting_by_the_api_is_a_decision(client_of, ada, ben, face):
    proposal = make_coding(
        face, human_coder(ada), truth=False, emotion="", present=(12,), absent=()
    )
    for coding in (proposal, face.codings.predictions().get()):
        client = client_of(ben)
        etag = client.get(f"/api/v1/codings/{coding.pk}/")["ETag"]
        address = f"/api/v1/codings/{coding.pk}/accept/"
        answer = client.post(address, {"comment": "so"}, format="json", headers={"If-Match": etag})
        assert answer.status_code == 200
        assert not truth_of(face).is_independent
        assert truth_of(face).emotion == "negative"  # the proposal coded none


@pytest.mark.parametrize("who", ["ada", "ben"])
@pytest.mark.parametrize("body", [{}, {"emotion": ""}, {"action_units": {}}, {"comment": "hm"}])
def test_a_label_that_says_nothing_is_refused(send, request, who, body):
    face = make_face()
    user = request.getfixturevalue(who)
    answer = send(user, "post", f"faces/{face.pk}/codings/", body | {"seen": None})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_coding"
    assert not Coding.objects.exists()
    assert not Review.objects.exists()


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_a_correction_that_says_nothing_is_refused(patch, request, who, face):
    assert patch(request.getfixturevalue(who), truth_of(face), comment="hm").status_code == 400
    assert not Review.objects.exists()


def test_a_label_that_repeats_the_truth_keeps_it(send, ben, face):
    body = {"action_units": {"4": "C"}, "emotion": "negative", "seen": truth_of(face).pk}
    for _ in range(2):
        answer = send(ben, "post", f"faces/{face.pk}/codings/", body)
        assert (answer.status_code, answer.json()["id"]) == (200, truth_of(face).pk)
    assert [review.decision for review in Review.objects.all()] == ["accept_truth"]
