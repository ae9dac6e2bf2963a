"""Numbers that are no id, wherever a request may give one: never a 500, never another row."""

from __future__ import annotations

import itertools
import re

import pytest
from django import forms
from django.contrib import admin
from django.urls import reverse
from rest_framework import serializers

from annotations.api import filters as api_filters
from annotations.api import queue_serializers as api_queues
from annotations.api import serializers_in as api_requests
from annotations.pages.bulk import BulkForm
from annotations.pages.forms import queues as queue_forms
from annotations.pages.forms.agreement import AgreementForm
from annotations.pages.forms.faces import FaceFilter
from annotations.pages.forms.reading import ReadingForm, ReviewForm
from facsweb.rest.id_field import IdField as ApiIdField
from facsweb.rest.ids import BIGGEST_ID, IdField, RowField, RowsField, read_id
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
    ("/bulk/?confidence=0.9&agreeing=0", "model"), ("/", "after"), ("/", "before"),
    ("/adjudication/", "after"),
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


def test_no_parameter_of_a_page_fails_on_what_is_no_id(world):
    client = world.clients["admin"]
    for (path, field), number in itertools.product(PAGE_GETS, NO_IDS):
        answer = client.get(path.format(**world.ids), {field: number})
        assert answer.status_code < 500, (path, field, number)


def test_no_field_of_a_form_fails_on_what_is_no_id(world):
    client = world.clients["admin"]
    for (path, field), number in itertools.product(PAGE_POSTS, NO_IDS):
        given = {**_FILLED, field: number}
        answer = client.post(path.format(**world.ids), given)
        assert answer.status_code < 500, (path, field, number)


API_BODIES = [
    ("faces/{face}/codings/", "seen", {"emotion": "positive"}),
    ("faces/{face}/codings/", "assignment", {"emotion": "positive", "seen": None}),
    ("codings/", "face", {"emotion": "positive", "seen": None}),
    ("inference-runs/", "model", {}),
]
API_LISTS = [("inference-runs/", "faces"), ("codings/batch/", "items")]


def test_the_api_refuses_what_is_no_id_and_names_the_field(world):
    client = world.clients["admin"]
    numbers = [*NO_IDS, 2**63, int("9" * 25), 0, -1]
    for (path, field, rest), number in itertools.product(API_BODIES, numbers):
        address = f"/api/v1/{path.format(**world.ids)}"
        answer = client.post(address, {**rest, field: number}, format="json")
        assert answer.status_code == 400, (path, field, number, answer.content)
        assert field in answer.json()["fields"]


def test_lists_and_batches_of_the_api_refuse_what_is_no_id(world):
    client = world.clients["admin"]
    batches = (("codings", {}), ("predictions", {"model": "OpenFace 2.2.0"}))
    for number in NO_IDS:
        asked = client.post("/api/v1/inference-runs/", {"faces": [number]}, format="json")
        assert asked.status_code == 400
        for path, more in batches:
            item = {"face": number, "emotion": "positive", "seen": None}
            body = {"items": [item], **more}
            answer = client.post(f"/api/v1/{path}/batch/", body, format="json")
            assert answer.json()["refused"] == 1, answer.content
            assert "face" in answer.json()["items"][0]["fields"]


def test_filters_of_the_api_refuse_what_is_no_id(world):
    for path, number in itertools.product(("codings", "reviews"), NO_IDS):
        answer = world.clients["admin"].get(f"/api/v1/{path}/", {"face": number})
        assert answer.status_code == 400
        assert "face" in answer.json()["fields"]


def test_no_list_of_the_admin_fails_on_what_is_no_id(world):
    world.users["admin"].is_staff = world.users["admin"].is_superuser = True
    world.users["admin"].save()
    client = world.clients["admin"]
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for number, field in itertools.product(NO_IDS, ("id__exact", "id__in")):
            answer = client.get(reverse(f"{label}_changelist"), {field: number})
            assert answer.status_code in {200, 302, 400}, (label, field, number)
        for number, action in itertools.product(NO_IDS, ("retrain", "deactivate")):
            chosen = {"action": action, "_selected_action": number}
            answer = client.post(reverse(f"{label}_changelist"), chosen)
            assert answer.status_code < 500, (label, action, number)
        for number in ("9" * 25, str(2**63), "0", "-1"):
            for page in ("change", "delete", "history"):
                answer = client.get(reverse(f"{label}_{page}", args=[number]))
                assert answer.status_code < 500, (label, page, number)


#: Whole numbers of forms and bodies that are no ids.
_COUNTS = {
    "limit", "seed", "coders_per_face", "gold_faces", "agreeing", "frame", "page_size", "days",
    "expires_in_days", "shows",
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
                    known = isinstance(field, ApiIdField) or name in _COUNTS
                    assert known or kind in _ANSWERS, (kind, name)


_ANSWERS = (
    api_queues.ProgressSerializer,
    api_queues.AssignmentSerializer,
    inference_serializers.InferenceRunSerializer,
    inference_serializers.Int8ComparisonSerializer,
)
