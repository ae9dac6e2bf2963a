"""Figures of all faces wait until nothing is hidden from who asks."""

import pytest
from django.urls import resolve

from annotations.codings.services import human_coder
from annotations.models import Face
from tests.access.world import World, endpoints
from tests.factories import make_coding, make_face, make_version

#: These leave the faces out that are hidden.
_OF_READABLE_FACES = {
    "predictions-csv", "predictions-parquet", "api-training-run-predictions",
}  # fmt: skip


@pytest.fixture
def world(db, settings):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    world = World()
    make_face()
    coder = human_coder(world.users["coder"])
    coder.codes_blind = True
    coder.save()
    return world


def _of_figures(world):
    for endpoint in endpoints():
        view = resolve(world.address(endpoint)).func
        view = getattr(view, "cls", view)
        if view.__module__.startswith("training") and endpoint.name not in _OF_READABLE_FACES:
            yield endpoint


def test_each_page_and_answer_is_withheld_until_the_last_face_is_coded(world):
    client, asked = world.clients["coder"], list(_of_figures(world))
    assert {"dashboard", "figures", "model-card", "comparison", "training-groups", "drift"} <= {
        endpoint.name for endpoint in asked
    }
    told = {endpoint.name: client.get(world.address(endpoint)).status_code for endpoint in asked}
    assert {name: status for name, status in told.items() if status not in (403, 405)} == {}
    answer = client.get("/api/v1/training-runs/")
    assert answer.json()["code"] == "code_first"
    assert "save your own readings first" in answer.json()["detail"]
    for face in Face.objects.all():
        make_coding(face, human_coder(world.users["coder"]), truth=False)
    assert client.get("/api/v1/training-runs/").status_code == 200
    assert client.get("/models/").status_code == 200


def test_the_page_says_what_is_left_to_do(world):
    answer = world.clients["coder"].get("/models/")
    assert answer.status_code == 403
    assert "2 faces to go" in answer.content.decode()
    assert world.clients["reviewer"].get("/models/").status_code == 200


def test_a_blind_admin_promotes_nothing_and_a_refused_form_tells_nothing(world):
    coder = human_coder(world.users["admin"])
    coder.codes_blind = True
    coder.save()
    version = make_version("VGG16-two")
    page = world.clients["admin"].post(f"/models/{version.pk}/promote/", {"reason": ""})
    assert (page.status_code, "macro F1" in page.content.decode()) == (403, False)
    body = {"reason": "It is newer."}
    answer = world.clients["admin"].post(
        f"/api/v1/models/{version.pk}/promote/", body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "code_first")
