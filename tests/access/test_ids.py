"""Numbers that are no id, wherever a request may give one: never a 500, never another row."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.contrib.admin import site
from django.urls import reverse
from rest_framework import serializers

from annotations.agreement.forms import AgreementForm
from annotations.api import filters as api_filters
from annotations.api import queues as api_queues
from annotations.api import requests as api_requests
from annotations.api.ids import IdField as ApiIdField
from annotations.bulk_views import BulkForm
from annotations.forms import FaceFilter, ReadingForm, ReviewForm
from annotations.ids import BIGGEST_ID, IdField, RowField, RowsField, read_id
from annotations.queues import forms as queue_forms
from inference import serializers as inference_serializers
from tests.access.world import World, endpoints

NO_IDS = (str(2**63), "9" * 25, "9" * 5000, "0", "-1", "\u0663", "\u00b2", "1e3", "\0")
_BY_ID = re.compile(r"<id:\w+>|\(\?P<pk>\[0-9\][^)]*\)")


@pytest.fixture
def world(db, settings) -> World:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    return World()


@pytest.mark.parametrize("text", NO_IDS)
def test_what_is_no_id_names_no_row(text):
    assert read_id(text) is None


def test_every_id_that_a_row_can_have_is_read():
    assert [read_id(1), read_id("007"), read_id(str(BIGGEST_ID))] == [1, 7, BIGGEST_ID]


def _by_id():
    return [endpoint for endpoint in endpoints() if _BY_ID.search(endpoint.route)]


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_every_address_with_what_is_no_id_is_not_there(world, method):
    found = _by_id()
    assert len(found) > 40
    client = world.clients["admin"]
    for endpoint in found:
        for number in (str(2**63), "9" * 25, "0", "-1", "\u0663"):
            path = "/" + _BY_ID.sub(number, endpoint.route.replace("<str:kind>", "import"))
            path = path.replace("^", "").replace("$", "").replace("\\.", ".").replace("\\Z", "")
            body = {"data": {}, "format": "json"} if endpoint.is_api and method != "get" else {}
            answer = getattr(client, method)(path, **body)
            assert answer.status_code in {404, 405}, (endpoint, number, answer.status_code)


def test_no_address_takes_an_id_any_other_way():
    for endpoint in endpoints():
        assert "<int:" not in endpoint.route, endpoint


PAGE_GETS = [
    ("/", "model"), ("/faces/{face}/", "queue"), ("/faces/{face}/", "model"),
    ("/faces/{face}/adjudicate/", "queue"), ("/agreement/", "first"), ("/agreement/", "second"),
    ("/bulk/?confidence=0.9&agreeing=0", "model"), ("/", "page"), ("/adjudication/", "page"),
]  # fmt: skip
PAGE_POSTS = [
    ("/faces/{face}/review/", "queue"), ("/faces/{face}/review/", "seen"),
    ("/faces/{face}/review/", "model"), ("/faces/{face}/review/", "au"),
    ("/faces/{face}/skip/", "queue"), ("/faces/{face}/flag/", "queue"),
    ("/flags/{flag}/resolve/", "queue"), ("/faces/{face}/adjudicate/", "queue"),
    ("/faces/{face}/adjudicate/", "seen"), ("/bulk/", "model"), ("/queues/new/", "model"),
    ("/queues/new/", "coding"), ("/queues/new/", "validation"), ("/queues/new/", "acceptance"),
    ("/queues/{queue}/edit/", "acceptance"), ("/queues/{queue}/next/", "besides"),
    ("/faces/{face}/explain/", "target"), ("/faces/{face}/explain/", "model"),
]  # fmt: skip
#: What else a form needs, so that the id is what is looked at.
_FILLED = {
    "decision": "accept_model", "comment": "why", "confidence": "0.9", "agreeing": "0",
    "name": "Q", "order": "random", "first_stage": "coding", "coders_per_face": "1", "seed": "1",
    "stage": "acceptance",
}  # fmt: skip


@pytest.mark.parametrize("number", NO_IDS)
@pytest.mark.parametrize(("path", "field"), PAGE_GETS)
def test_no_parameter_of_a_page_fails_on_what_is_no_id(world, path, field, number):
    client = world.clients["admin"]
    assert client.get(path.format(**world.ids), {field: number}).status_code < 500


@pytest.mark.parametrize("number", NO_IDS)
@pytest.mark.parametrize(("path", "field"), PAGE_POSTS)
def test_no_field_of_a_form_fails_on_what_is_no_id(world, path, field, number):
    client = world.clients["admin"]
    given = {**_FILLED, field: number}
    for headers in ({}, {"Accept": "application/json"}):
        answer = client.post(path.format(**world.ids), given, headers=headers)
        assert answer.status_code < 500, (field, answer.status_code)


API_BODIES = [
    ("faces/{face}/codings/", "seen", {"emotion": "positive"}),
    ("faces/{face}/codings/", "assignment", {"emotion": "positive", "seen": None}),
    ("codings/", "face", {"emotion": "positive", "seen": None}),
    ("inference-runs/", "model", {}),
]
API_LISTS = [("inference-runs/", "faces"), ("codings/batch/", "items")]


@pytest.mark.parametrize("number", NO_IDS)
@pytest.mark.parametrize(("path", "field", "rest"), API_BODIES)
def test_the_api_refuses_what_is_no_id_and_names_the_field(world, path, field, rest, number):
    client = world.clients["admin"]
    values = [number]
    if re.fullmatch(r"-?[0-9]{1,25}", number):
        values.append(int(number))
    for value in values:
        address = f"/api/v1/{path.format(**world.ids)}"
        answer = client.post(address, {**rest, field: value}, format="json")
        assert answer.status_code == 400, answer.content
        assert field in answer.json()["fields"]


@pytest.mark.parametrize("number", NO_IDS)
def test_lists_and_batches_of_the_api_refuse_what_is_no_id(world, number):
    client = world.clients["admin"]
    asked = client.post("/api/v1/inference-runs/", {"faces": [number]}, format="json")
    assert asked.status_code == 400
    for path, more in (("codings", {}), ("predictions", {"model": "OpenFace 2.2.0"})):
        item = {"face": number, "emotion": "positive", "seen": None}
        body = {"items": [item], **more}
        answer = client.post(f"/api/v1/{path}/batch/", body, format="json")
        assert answer.json()["refused"] == 1, answer.content
        assert "face" in answer.json()["items"][0]["fields"]


@pytest.mark.parametrize("number", NO_IDS)
@pytest.mark.parametrize("path", ["codings", "reviews"])
def test_filters_of_the_api_refuse_what_is_no_id(world, path, number):
    answer = world.clients["admin"].get(f"/api/v1/{path}/", {"face": number})
    assert answer.status_code == 400
    assert "face" in answer.json()["fields"]


@pytest.mark.parametrize("number", NO_IDS)
def test_no_list_of_the_admin_fails_on_what_is_no_id(world, number):
    world.users["admin"].is_staff = world.users["admin"].is_superuser = True
    world.users["admin"].save()
    client = world.clients["admin"]
    for model in site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for field in ("id__exact", "id__in", "face__id__exact"):
            answer = client.get(reverse(f"{label}_changelist"), {field: number})
            assert answer.status_code in {200, 302, 400}, (label, field)
        chosen = {"action": "retrain", "_selected_action": number}
        assert client.post(reverse(f"{label}_changelist"), chosen).status_code < 500
        chosen["action"] = "delete_selected"
        assert client.post(reverse(f"{label}_changelist"), chosen).status_code < 500
        address = reverse(f"{label}_change", args=["X"]).replace("X", number.replace("\0", "%00"))
        assert client.get(address).status_code < 500


#: Whole numbers of forms and bodies that are no ids.
_COUNTS = {
    "limit", "seed", "coders_per_face", "gold_faces", "agreeing", "frame", "page_size", "days",
    "expires_in_days",
}  # fmt: skip


def test_every_field_of_a_form_that_takes_an_id_is_an_id_field():
    kinds = (FaceFilter, ReadingForm, ReviewForm, AgreementForm, BulkForm, queue_forms.QueueForm,
             queue_forms.QueueEditForm)  # fmt: skip
    for kind in kinds:
        for name, field in kind.base_fields.items():
            if isinstance(field, forms.ModelChoiceField):
                assert isinstance(field, RowField | RowsField), (kind, name)
            elif type(field) is forms.IntegerField:
                assert name in _COUNTS, (kind, name)
    assert isinstance(ReviewForm.base_fields["model"], IdField)


def test_every_field_of_the_api_that_takes_an_id_is_an_id_field():
    for module in (api_requests, api_filters, api_queues, inference_serializers):
        for kind in vars(module).values():
            if not isinstance(kind, type) or not issubclass(kind, serializers.Serializer):
                continue
            for name, field in kind._declared_fields.items():
                field = getattr(field, "child", None) or field
                if isinstance(field, serializers.IntegerField) and not field.read_only:
                    told = kind.__name__.endswith(("Answer", "AnswerSerializer"))
                    known = isinstance(field, ApiIdField) or name in _COUNTS or told
                    assert known or kind in _ANSWERS, (kind, name)


_ANSWERS = (api_queues.ProgressSerializer, api_queues.AssignmentSerializer)
