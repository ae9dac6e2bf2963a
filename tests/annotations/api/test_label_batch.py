import pytest

from annotations.models import Coding, Review
from tests.factories import make_coding, make_face, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def label(client_of):
    def post(user, items, headers=None):
        client = client_of(user)
        return client.post(
            "/api/v1/codings/batch/", {"items": items}, format="json", headers=headers
        )

    return post


@pytest.fixture
def predict(client_of):
    def post(user, items, model="OpenFace 2.2.0"):
        body = {"model": model, "items": items}
        return client_of(user).post("/api/v1/predictions/batch/", body, format="json")

    return post


def test_each_item_is_answered(label, ben):
    fresh, labelled = make_face(), make_face()
    make_coding(labelled)
    body = label(
        ben,
        [
            {"face": fresh.pk, "emotion": "positive", "action_units": {"12": "C"}, "seen": None},
            {"face": labelled.pk, "emotion": "negative", "seen": None},
            {"face": 10**12, "emotion": "negative", "seen": None},
            {"face": fresh.pk, "emotion": "bored", "seen": None},
            {"face": fresh.pk},
        ],
    ).json()
    assert [item["status"] for item in body["items"]] == ["created"] + ["refused"] * 4
    codes = [item["code"] for item in body["items"]]
    assert codes == ["", "stale_coding", "not_found", "invalid", "invalid"]
    assert "emotion" in body["items"][3]["fields"]
    assert "seen" in body["items"][4]["fields"]
    assert fresh.codings.accepted().get().pk == body["items"][0]["coding"]


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_same_labels_again_change_nothing(label, request, who):
    user = request.getfixturevalue(who)
    items = [{"face": make_face().pk, "emotion": "positive", "seen": None} for _ in range(3)]
    first = label(user, items).json()
    again = label(user, items).json()
    assert (first["created"], again["unchanged"]) == (3, 3)
    assert [i["coding"] for i in first["items"]] == [i["coding"] for i in again["items"]]
    assert Coding.objects.count() == Review.objects.count() == 3


def test_a_retried_request_goes_on_where_it_broke_off(label, ben):
    """Each item has an id of its own by the key, as if the answer had never been kept."""
    from facsweb.rest.models import AnsweredRequest

    items = [{"face": make_face().pk, "emotion": "positive", "seen": None}]
    first = label(ben, items, headers={"Idempotency-Key": "k"}).json()
    AnsweredRequest.objects.all().delete()
    again = label(ben, items, headers={"Idempotency-Key": "k"}).json()
    assert first["items"][0]["coding"] == again["items"][0]["coding"]
    assert Review.objects.count() == 1


def test_coders_labels_are_proposals(label, ada):
    face = make_face()
    label(ada, [{"face": face.pk, "emotion": "positive", "seen": None}])
    assert not face.codings.accepted().exists()
    assert Review.objects.get().decision == "propose"


def test_more_than_a_thousand_are_refused(label, ben):
    items = [{"face": 1, "emotion": "positive", "seen": None}] * 1001
    answer = label(ben, items)
    assert (answer.status_code, "items" in answer.json()["fields"]) == (400, True)


def test_outsider_labels_nothing(label, cleo):
    face = make_face()
    answer = label(cleo, [{"face": face.pk, "emotion": "positive", "seen": None}])
    assert answer.status_code == 403
    assert not Coding.objects.exists()


def test_another_models_predictions_become_its_codings(predict, ben):
    face = make_face()
    chances = {"negative": 0.1, "positive": 0.7, "surprise": 0.2}
    body = predict(
        ben,
        [{"face": face.pk, "emotion_probabilities": chances, "action_units": {"12": 0.9, "4": 0}}],
    ).json()
    assert body["created"] == 1, body
    coding = Coding.objects.get()
    assert (coding.coder.kind, coding.coder.name) == ("model", "OpenFace 2.2.0")
    assert (coding.emotion, coding.confidence, coding.is_accepted) == ("positive", 0.7, False)
    assert dict(coding.scores.values_list("au", "present")) == {4: False, 12: True}


def test_a_version_says_one_thing_of_a_face(predict, ben):
    face = make_face()
    first = [{"face": face.pk, "action_units": {"12": 0.9}}]
    assert predict(ben, first).json()["created"] == 1
    assert predict(ben, first).json()["unchanged"] == 1
    body = predict(ben, [{"face": face.pk, "action_units": {"12": 0.2}}]).json()
    assert body["items"][0]["code"] == "different_prediction"
    assert predict(ben, first, model="OpenFace 2.2.1").json()["created"] == 1
    assert Coding.objects.count() == 2


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"action_units": {"12": 1.5}}, "action_units"),
        ({"action_units": {"12": "high"}}, "action_units"),
        ({"action_units": {"99": 0.5}}, "action_units"),
        ({"emotion_probabilities": {"positive": 1.0}}, "emotion_probabilities"),
        (
            {"emotion_probabilities": {"negative": 0.9, "positive": 0.9, "surprise": 0.9}},
            "emotion_probabilities",
        ),
        ({"emotion": "calm"}, "emotion"),
    ],
)
def test_wrong_prediction_is_named(predict, ben, item, field):
    body = predict(ben, [{"face": make_face().pk, **item}]).json()
    assert body["items"][0]["status"] == "refused"
    assert field in body["items"][0]["fields"]
    assert not Coding.objects.exists()


def test_our_own_models_name_is_taken(predict, ben):
    make_version("VGG16-ours")
    answer = predict(ben, [{"face": make_face().pk, "action_units": {"12": 1}}], "VGG16-ours")
    assert (answer.status_code, "model" in answer.json()["fields"]) == (400, True)


def test_coders_bring_in_no_predictions(predict, ada):
    answer = predict(ada, [{"face": make_face().pk, "action_units": {"12": 1}}])
    assert answer.status_code == 403
    assert not Coding.objects.exists()
