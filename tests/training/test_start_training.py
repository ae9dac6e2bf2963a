import pytest

from training.models import TrainingRun

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/training-runs/"


def test_admin_starts_reads_and_cancels_a_training(client_of, boss):
    client = client_of(boss)
    made = client.post(RUNS, {"config": {"max_epochs": 3}}, format="json")
    assert made.status_code == 201, made.json()
    address = f"{RUNS}{made.json()['id']}/"
    read = client.get(address).json()
    assert read["status"] == "queued"
    assert read["config"]["max_epochs"] == 3
    assert {"stage", "epoch", "percent", "history", "metrics"} <= set(read)
    assert client.post(f"{address}cancel/").json()["status"] == "cancelled"


def test_without_a_body_the_defaults_hold(client_of, boss):
    assert client_of(boss).post(RUNS).status_code == 201
    listed = client_of(boss).get(RUNS).json()["results"]
    assert [run["status"] for run in listed] == ["queued"]
    assert "history" not in listed[0]


def test_second_training_is_a_conflict(client_of, boss):
    client_of(boss).post(RUNS)
    answer = client_of(boss).post(RUNS)
    assert (answer.status_code, answer.json()["code"]) == (409, "training_busy")
    assert TrainingRun.objects.count() == 1


@pytest.mark.parametrize(
    "config",
    [
        {"epochs": 3},
        {"max_epochs": "3"},
        {"max_epochs": True},
        {"max_epochs": -1},
        {"learning_rate": 10**400},
        {"seed": 9999999999999999999999},
        {"seed": [[[]]]},
        {"\x00": 1},
        {"\ud800": 1},
        [],
        "x",
    ],
)
def test_bad_configuration_is_refused(client_of, boss, config):
    import json

    body = json.dumps({"config": config})
    answer = client_of(boss).post(RUNS, body, content_type="application/json")
    assert answer.status_code == 400, answer.json()
    assert "config" in answer.json()["fields"]
    assert not TrainingRun.objects.exists()


def test_only_admins_train_and_cancel(client_of, ada, ben):
    run = TrainingRun.objects.create()
    for user in (ada, ben):
        assert client_of(user).post(RUNS).status_code == 403
        assert client_of(user).post(f"{RUNS}{run.pk}/cancel/").status_code == 403
        assert client_of(user).get(f"{RUNS}{run.pk}/").status_code == 200


def test_outsider_sees_no_training(client_of, cleo):
    run = TrainingRun.objects.create()
    assert client_of(cleo).get(RUNS).json()["results"] == []
    assert client_of(cleo).get(f"{RUNS}{run.pk}/").status_code == 404
    assert client_of(cleo).post(f"{RUNS}{run.pk}/cancel/").status_code == 404
    assert client_of(cleo).post(RUNS).status_code == 403
