"""What ends in one room is announced by another, though neither knows of it."""

import pytest
from django.apps import apps
from django.db import transaction
from rest_framework.test import APIClient

from annotations.models import Face, Review
from annotations.review import bulk
from annotations.review.decisions import undo_review
from facsweb.jobs.models import Run
from facsweb.webhooks.events import OF_RUNS
from facsweb.webhooks.models import Delivery, Webhook
from facsweb.webhooks.services import register
from inference.models import Explanation
from tests.factories import make_coding, make_face, model_coder
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(boss) -> Webhook:
    return register(boss, "http://8.8.8.8/hook", Webhook.Event.values)[0]


def told() -> list[tuple[str, dict]]:
    return list(Delivery.objects.order_by("pk").values_list("event", "payload"))


def label(user, face: Face, seen: int) -> Review:
    client = APIClient()
    client.force_login(user)
    body = {"emotion": "surprise", "seen": seen}
    answer = client.post(f"/api/v1/faces/{face.pk}/codings/", body, format="json")
    assert answer.status_code == 201, answer.json()
    return Review.objects.get(face=face)


def test_end_of_a_run_is_announced(webhook):
    run = TrainingRun.objects.create()
    assert run.claim()
    assert told() == []
    assert run.finish("succeeded")
    assert told() == [("training.finished", {"id": run.pk, "status": "succeeded"})]
    assert not run.finish("failed")
    assert len(told()) == 1


def test_run_that_is_rolled_back_is_not_announced(webhook):
    run = TrainingRun.objects.create()
    run.claim()
    with pytest.raises(KeyError), transaction.atomic():
        run.finish("succeeded")
        raise KeyError
    assert told() == []


def test_kinds_of_run_name_an_event_that_there_is_or_none():
    assert not Explanation.event
    kinds = [model for model in apps.get_models() if issubclass(model, Run)]
    named = {str(kind.event) for kind in kinds if kind.event}
    assert named == set(OF_RUNS) == {"training.finished", "prediction.finished"}


def test_decision_and_its_undoing_are_announced_without_what_was_decided(webhook, ben):
    face = make_face()
    review = label(ben, face, seen=make_coding(face).pk)
    undone = undo_review(review, ben)
    assert told() == [
        ("review.finished", {"id": review.pk, "face": face.pk, "decision": "correct"}),
        ("review.finished", {"id": undone.pk, "face": face.pk, "decision": "undo"}),
    ]


def test_decision_on_many_faces_is_announced_once(webhook, ben):
    for _ in range(2):
        face = make_face()
        make_coding(face, emotion="negative")
        make_coding(face, model_coder())
    criteria = bulk.Criteria(model=model_coder(), confidence=0.5, agreeing=0)
    shown = bulk.preview(Face.objects.all(), criteria)
    action = bulk.apply(ben, Face.objects.all(), criteria, shown.digest)
    facts = {"bulk": action.pk, "faces": 2, "decision": "accept_model"}
    assert told() == [("review.finished", facts)]
