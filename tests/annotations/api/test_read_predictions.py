import pytest

from inference.models import InferenceRun
from tests.factories import make_coding, make_face

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/inference-runs/"


def test_predictions_name_their_model_and_give_probabilities(client_of, ada, champion):
    face = make_face()
    make_coding(face)
    make_coding(face, champion.coder, emotion="positive", present=(12,))
    rows = client_of(ada).get(f"/api/v1/faces/{face.pk}/predictions/").json()["results"]
    assert [row["coder"] for row in rows] == [champion.name]
    assert rows[0]["emotion_probabilities"]["positive"] == 0.8
    assert rows[0]["action_units"]["12"]["probability"] == 0.9


def test_reviewer_asks_for_predictions_and_reads_the_run(client_of, ben, champion):
    face = make_face()
    client = client_of(ben)
    made = client.post(RUNS, {"faces": [face.pk], "model": champion.pk}, format="json")
    assert made.status_code == 201, made.json()
    read = client.get(f"{RUNS}{made.json()['id']}/").json()
    assert (read["status"], read["model"], read["faces"]) == ("queued", champion.pk, [face.pk])
    assert {"stage", "done", "total", "eta_seconds", "error"} <= set(read)
    assert read["requested_by"] == "ben"


@pytest.mark.parametrize(
    "body",
    [
        {"model": 9999999999999999999999},
        {"model": "x"},
        {"faces": [9999999999999999999999]},
        {"faces": [12345]},
        {"faces": "all"},
        {"faces": []},
        {"faces": {"deep": [[[]]]}},
        [],
    ],
)
def test_odd_requests_are_refused(client_of, ben, champion, body):
    assert client_of(ben).post(RUNS, body, format="json").status_code == 400
    assert not InferenceRun.objects.exists()


def test_without_a_model_there_is_nothing_to_ask(client_of, ben):
    answer = client_of(ben).post(RUNS, {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_model")


def test_coder_may_not_ask(client_of, ada, champion):
    assert client_of(ada).post(RUNS, {}, format="json").status_code == 403


def test_outsider_sees_no_prediction_model_or_run(client_of, cleo, champion):
    face = make_face()
    run = InferenceRun.objects.create(version=champion)
    client = client_of(cleo)
    assert client.get(f"/api/v1/faces/{face.pk}/predictions/").status_code == 404
    assert client.get("/api/v1/models/").json()["results"] == []
    assert client.get(f"/api/v1/models/{champion.pk}/").status_code == 404
    assert client.post(f"/api/v1/models/{champion.pk}/promote/").status_code == 404
    assert client.get(RUNS).json()["results"] == []
    assert client.get(f"{RUNS}{run.pk}/").status_code == 404
    assert client.post(RUNS, {"faces": [face.pk]}, format="json").status_code == 403
