"""A queue of many faces: asked for in a request, made by a worker, whole or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from annotations.codings.face_query import FaceQuery
from annotations.codings.stored_query import from_json, to_json
from annotations.models import Face, Queue, QueueMaking, Snapshot, Stage
from annotations.queues import making
from annotations.queues.errors import InvalidQueue
from annotations.queues.making import request_queue, visible_makings
from annotations.queues.making_run import carry_out
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from facsweb.audit.selectors import entries
from facsweb.problems import Forbidden
from tests.cast import make_user
from tests.factories import make_coding, make_face, make_subject, model_coder

pytestmark = pytest.mark.django_db
FACES, ALL = 5, FaceQuery()


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch):
    monkeypatch.setattr(making, "AT_ONCE", FACES - 1)


@pytest.fixture
def model():
    return model_coder()


@pytest.fixture
def faces(model):
    """Five faces; of each the model says something, and of three it says what isn't true."""
    found = [make_face(make_subject(f"S{number % 2}")) for number in range(FACES)]
    for number, face in enumerate(found):
        make_coding(face, emotion="positive")
        said = "surprise" if number < 3 else "positive"
        make_coding(face, model, emotion=said)
    return found


def plan(name="Large", order="random", **fields) -> QueuePlan:
    return QueuePlan(name, order, **fields)


def asked(user, query=ALL, **fields) -> QueueMaking:
    run = request_queue(user, plan(**fields), query)
    assert isinstance(run, QueueMaking)
    return run


def made(run: QueueMaking) -> QueueMaking:
    assert run.claim()
    carry_out(run)
    run.refresh_from_db()
    return run


def items(queue: Queue) -> list[tuple]:
    return list(queue.items.order_by("position").values_list("face", "reason", "stage", "wanted"))


@pytest.mark.parametrize("order", ["random", "least_coded", "disagreement"])
def test_a_worker_makes_what_a_request_would(faces, ben, ada, model, order):
    fields = {"model": model, "seed": 7, "members": {Stage.ACCEPTANCE: [ben]}, "limit": 3}
    at_once = make_queue(ben, plan("At once", order, **fields), Face.objects.all())
    run = made(asked(ben, order=order, **fields))
    assert (run.status, run.error) == ("succeeded", "")
    assert items(run.made) == items(at_once)
    assert [member.user for member in run.made.members.all()] == [ben]
    entry = entries().filter(action="queue.made").latest("number")
    assert (entry.actor, entry.about_id) == (ben.pk, run.made.pk)


def test_few_faces_are_put_in_order_at_once(faces, ben):
    few = FaceQuery(subject="S0")
    queue = request_queue(ben, plan(), few)
    assert isinstance(queue, Queue)
    assert queue.items.count() == 3
    assert not QueueMaking.objects.exists()


def test_it_takes_the_faces_that_were_chosen(faces, ben, model):
    extra = [make_face(make_subject("S0")) for _ in range(2)]
    run = made(asked(ben, FaceQuery(subject="S0")))
    chosen = {face.pk for face in [*faces, *extra] if face.subject.code == "S0"}
    assert {face for face, *_ in items(run.made)} == chosen


def test_a_query_comes_back_from_the_database_as_it_was(model):
    snapshot = Snapshot.objects.create(sha256="a" * 64, faces=0, subjects=0)
    at = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    query = FaceQuery(
        model=model, snapshot=snapshot, units=(1, 2), groups=(("gender", "female"),),
        updated_since=at, uploaded=(at, None), unit_probability=(12, 0.2, 0.5), differs=False,
        is_unlike=True,
    )  # fmt: skip
    stored = json.loads(json.dumps(to_json(query), cls=DjangoJSONEncoder))
    assert from_json(stored) == query
    assert to_json(FaceQuery()) == {}
    model.delete()
    with pytest.raises(LookupError):
        from_json(stored)


def test_what_is_wrong_with_the_plan_is_told_in_the_request(faces, ben, ada):
    with pytest.raises(InvalidQueue):
        request_queue(ben, plan(is_blind=True), FaceQuery())
    with pytest.raises(Forbidden):
        request_queue(ada, plan(), FaceQuery())
    asked(ben)
    with pytest.raises(InvalidQueue, match="called “Large” already"):
        request_queue(ben, plan(), FaceQuery())
    assert QueueMaking.objects.count() == 1
    assert not Queue.objects.exists()


def _name_taken(run, model) -> None:
    make_queue(run.requested_by, plan(), Face.objects.all())


def _role_lost(run, model) -> None:
    run.requested_by.groups.clear()


def _account_closed(run, model) -> None:
    type(run.requested_by).objects.filter(pk=run.requested_by.pk).update(is_active=False)


def _model_gone(run, model) -> None:
    QueueMaking.objects.update(plan=run.plan | {"model": 10**6})


def _faces_gone(run, model) -> None:
    QueueMaking.objects.update(chosen={"subject": "nobody"})


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (_name_taken, "called “Large” already"),
        (_role_lost, "Only reviewers and admins make queues."),
        (_account_closed, "no account any more"),
        (_model_gone, "is gone"),
        (_faces_gone, "nothing to queue"),
    ],
)
def test_what_comes_between_is_told_in_the_run(faces, model, happens, told):
    ben = make_user("benno", "reviewer")
    run = asked(ben, model=model)
    before = Queue.objects.count()
    happens(run, model)
    queues = Queue.objects.count()
    run = made(QueueMaking.objects.get(pk=run.pk))
    assert run.status == "failed"
    assert told in run.error
    assert (Queue.objects.count(), before) == (queues, 0)


def test_a_cancelled_one_leaves_no_queue(faces, ben, model):
    run = asked(ben, order="disagreement", model=model)
    assert run.claim()
    run.request_cancel()
    carry_out(run)
    run.refresh_from_db()
    assert (run.status, run.made) == ("cancelled", None)
    assert not Queue.objects.exists()


def test_a_worker_that_died_at_the_end_has_made_it(faces, ben):
    run = asked(ben)
    assert run.claim()
    queue = make_queue(ben, plan(), Face.objects.all())
    QueueMaking.objects.filter(pk=run.pk).update(made=queue)
    run.refresh_from_db()
    carry_out(run)
    assert (run.status, Queue.objects.count()) == ("succeeded", 1)


def test_progress_counts_what_is_read(faces, ben, model):
    run = made(asked(ben, order="disagreement", model=model))
    stages = [entry["text"] for entry in run.log]
    assert any(text.startswith("Reading codings: 85") for text in stages)
    assert any(text.startswith("Writing the queue") for text in stages)


def test_only_who_asked_and_admins_know_of_it(faces, ben, ada, boss):
    run, other = asked(ben), make_user("rita", "reviewer")
    assert list(visible_makings(ben)) == list(visible_makings(boss)) == [run]
    assert not visible_makings(other) and not visible_makings(ada)
    ben.groups.clear()
    assert not visible_makings(type(ben).objects.get(pk=ben.pk))


class TestThePages:
    POST = {
        "name": "Large", "order": "random", "target": "", "seed": "1", "coders_per_face": "1",
        "first_stage": "acceptance",
    }  # fmt: skip

    def test_it_stands_on_the_queues_page_until_it_is_there(self, client, faces, ben):
        client.force_login(ben)
        answer = client.post("/queues/new/", self.POST, follow=True)
        page = answer.content.decode()
        assert "A worker makes “Large”. Below stands how far it is." in page
        assert 'hx-get="/queues/making/"' in page
        run = made(QueueMaking.objects.get())
        part = client.get("/queues/making/").content.decode()
        assert "hx-get" not in part
        assert f'<a href="/queues/{run.made.pk}/">Large</a>' in part

    def test_a_filter_goes_along(self, client, faces, ben, model):
        client.force_login(ben)
        for _ in range(FACES):
            make_coding(make_face(make_subject("S9")), emotion="surprise")
        client.post("/queues/new/?emotion=surprise", self.POST)
        run = made(QueueMaking.objects.get())
        assert run.made.items.count() == FACES

    def test_it_can_be_ended_by_who_asked(self, client, faces, ben):
        run = asked(ben)
        client.force_login(make_user("rita", "reviewer"))
        assert client.post(f"/queues/making/{run.pk}/cancel/").status_code == 404
        client.force_login(ben)
        page = client.post(f"/queues/making/{run.pk}/cancel/", follow=True).content.decode()
        assert "“Large” won’t be made." in page
        run.refresh_from_db()
        assert run.status == "cancelled"

    def test_an_error_is_told_there(self, client, faces, ben):
        run = asked(ben)
        make_queue(ben, plan(), Face.objects.all())
        made(run)
        client.force_login(ben)
        assert "called “Large” already" in client.get("/queues/").content.decode()

    def test_a_spoilt_filter_makes_nothing(self, client, faces, ben):
        client.force_login(ben)
        answer = client.post("/queues/new/?emotion=bored", self.POST)
        assert answer.status_code == 400
        assert not QueueMaking.objects.exists()


def test_the_api_names_the_job(client_of, faces, ben):
    answer = client_of(ben).post("/api/v1/queues/", {"name": "Large", "order": "random"})
    run = QueueMaking.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"job": f"queue-{run.pk}", "name": "Large"})
    job = client_of(ben).get(f"/api/v1/jobs/queue-{run.pk}/").json()
    assert (job["kind"], job["about"], job["status"]) == ("queue", "Large", "queued")
    made(run)
    job = client_of(ben).get(f"/api/v1/jobs/queue-{run.pk}/").json()
    assert job["status"] == "succeeded"
    names = [queue["name"] for queue in client_of(ben).get("/api/v1/queues/").json()["results"]]
    assert names == ["Large"]
