import pytest

from annotations.models import Assignment, Queue
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(client_of, ben):
    for _ in range(3):
        face = make_face()
        make_coding(face)
        make_coding(face, model_coder(), emotion="negative")
    body = {"name": "first", "order": "random", "first_stage": "coding"}
    answer = client_of(ben).post("/api/v1/queues/", body, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_queue_is_made_worked_through_and_counted(client_of, ada, queue):
    client = client_of(ada)
    seen = set()
    for _ in range(3):
        task = client.post(f"/api/v1/queues/{queue['id']}/next/").json()["assignment"]
        assert task["face"] not in seen
        seen.add(task["face"])
        face = client.get(f"/api/v1/faces/{task['face']}/").json()
        label = {
            "emotion": "surprise", "seen": face["truth"]["id"], "assignment": task["id"],
        }  # fmt: skip
        answer = client.post(f"/api/v1/faces/{task['face']}/codings/", label, format="json")
        assert answer.status_code == 201, answer.json()
    assert client.post(f"/api/v1/queues/{queue['id']}/next/").json() == {"assignment": None}
    stages = client.get(f"/api/v1/queues/{queue['id']}/").json()["stages"]
    assert stages[0] == {"stage": "coding", "done": 3, "total": 3, "mine": 3, "left": False,
        "why": "Nothing is left for you to code. Everything is coded.",
    }  # fmt: skip
    assert set(Assignment.objects.values_list("state", flat=True)) == {"completed"}


def test_somebody_elses_assignment_is_refused(client_of, ada, ben, queue):
    task = client_of(ada).post(f"/api/v1/queues/{queue['id']}/next/").json()["assignment"]
    label = {"emotion": "surprise", "seen": None, "assignment": task["id"]}
    answer = client_of(ben).post(f"/api/v1/faces/{task['face']}/codings/", label, format="json")
    assert (answer.status_code, "assignment" in answer.json()["fields"]) == (400, True)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"order": "whatever"}, "order"),
        ({"name": ""}, "name"),
        ({"target": "au:99"}, "target"),
        ({"people": ["nobody"]}, "people"),
        ({"is_blind": True}, "first_stage"),
        ({"gold_faces": 10**9}, "gold_faces"),
    ],
)
def test_wrong_wish_is_named(client_of, ben, changed, field):
    body = {"name": "q", "order": "random", **changed}
    answer = client_of(ben).post("/api/v1/queues/", body, format="json")
    assert answer.status_code == 400
    assert any(name.startswith(field) for name in answer.json()["fields"]), answer.json()
    assert not Queue.objects.exists()


def test_coder_makes_no_queue(client_of, ada):
    make_face()
    body = {"name": "q", "order": "random"}
    assert client_of(ada).post("/api/v1/queues/", body, format="json").status_code == 403
