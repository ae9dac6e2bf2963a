import pytest

from annotations.models import Coding
from tests.factories import make_coding, make_face

pytestmark = pytest.mark.django_db


def label(client, face, **body):
    return client.post(f"/api/v1/faces/{face.pk}/codings/", body, format="json")


def test_reviewers_label_is_the_truth(client_of, ben):
    face = make_face()
    body = {"emotion": "positive", "action_units": {"12": "C", "6": True}, "seen": None}
    answer = label(client_of(ben), face, **body)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["is_accepted"] is True
    assert face.codings.accepted().get().pk == answer.json()["id"]


def test_coders_label_is_a_proposal(client_of, ada):
    face = make_face()
    truth = make_coding(face)
    answer = label(client_of(ada), face, emotion="negative", seen=truth.pk, comment="a frown")
    assert answer.status_code == 201
    assert answer.json()["is_accepted"] is False
    assert face.codings.accepted().get() == truth


def test_label_without_emotion_keeps_the_truths(client_of, ben):
    face = make_face()
    truth = make_coding(face, emotion="positive", present=(6, 12))
    body = label(client_of(ben), face, action_units={"6": False}, seen=truth.pk).json()
    assert body["emotion"] == "positive"
    assert body["action_units"]["6"]["present"] is False
    assert body["action_units"]["12"]["present"] is True


@pytest.mark.parametrize("who", ["ada", "ben"])
@pytest.mark.parametrize("is_labelled", [False, True])
def test_the_answer_is_what_the_coding_is_read_as(client_of, request, who, is_labelled):
    face = make_face()
    seen = make_coding(face, emotion="positive", present=(6,)).pk if is_labelled else None
    client = client_of(request.getfixturevalue(who))
    body = {"emotion": "negative", "action_units": {"12": "C", "4": False}, "seen": seen}
    told = label(client, face, **body)
    assert told.status_code == 201, told.json()
    assert client.get(f"/api/v1/codings/{told.json()['id']}/").json() == told.json()
    again = label(client, face, **body)
    assert (again.status_code, again.json()) == (200, told.json())


def test_a_label_asks_for_few_things(client_of, ben, django_assert_max_num_queries):
    """Statements are what a label costs: none of them asks again what is known by then."""
    client, first, face = client_of(ben), make_face(), make_face()
    made = label(client, first, emotion="positive", seen=None).json()
    with django_assert_max_num_queries(15):
        made = label(client, face, emotion="positive", action_units={"6": True}, seen=None).json()
    changed = {"emotion": "negative", "action_units": {"6": False}, "seen": made["id"]}
    with django_assert_max_num_queries(19):
        assert label(client, face, **changed).status_code == 201


def test_stale_label_is_a_conflict(client_of, ben):
    face = make_face()
    make_coding(face)
    answer = label(client_of(ben), face, emotion="negative", seen=None)
    assert answer.status_code == 409
    assert answer.json()["code"] == "stale_coding"
    assert Coding.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seen": None},
        {"emotion": "positive"},
        {"emotion": "bored", "seen": None},
        {"emotion": "\ud800", "seen": None},
        {"emotion": {"deep": []}, "seen": None},
        {"emotion": "positive", "seen": 9999999999999999999999},
        {"emotion": "positive", "seen": "x"},
        {"action_units": {"99": True}, "seen": None},
        {"action_units": {"\ud800": True}, "seen": None},
        {"action_units": {"12": 3}, "seen": None},
        {"action_units": [], "seen": None},
        {"emotion": "positive", "seen": None, "comment": "nul \x00"},
        {"emotion": "positive", "seen": None, "comment": "\ud800"},
        {"emotion": "positive", "seen": None, "comment": "x" * 2001},
    ],
)
def test_bad_label_is_refused(client_of, ben, body):
    import json

    face = make_face()
    answer = client_of(ben).post(
        f"/api/v1/faces/{face.pk}/codings/", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "detail", "fields"}
    assert not Coding.objects.exists()


def test_history_lists_every_coding_latest_first(client_of, ada):
    face = make_face()
    first, second = make_coding(face), make_coding(face, emotion="negative")
    rows = client_of(ada).get(f"/api/v1/faces/{face.pk}/codings/").json()["results"]
    assert [row["id"] for row in rows] == [second.pk, first.pk]


def test_outsider_finds_no_face_to_label(client_of, cleo):
    face = make_face()
    assert label(client_of(cleo), face, emotion="positive", seen=None).status_code == 404
    assert client_of(cleo).get(f"/api/v1/faces/{face.pk}/codings/").status_code == 404
