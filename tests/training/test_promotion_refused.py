"""What no longer reads pictures is no champion; what learnt from drawings only where wanted."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from annotations.models import Coder, Face
from inference import registry
from inference.models import AliasMove
from inference.registry import ModelOutdated, champion, roll_back
from tests.factories import make_face, make_version, png
from tests.training.comparing import (
    compared,
    good_figures,
    outdate,
    refreshed,
    three_versions,
)
from training.promotion import (
    LearntFromDrawings,
    crown_first,
    promote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    return three_versions()


def test_what_cannot_read_pictures_any_more_is_no_champion(three, boss, as_user, client_of):
    old, new, _ = three
    outdate(new)
    with pytest.raises(ModelOutdated, match="Train again"):
        promote(refreshed(new), boss, "It is newer.")
    answer = client_of(boss).post(f"/api/v1/models/{new.pk}/promote/", {"reason": "It is newer."})
    assert (answer.status_code, answer.json()["code"]) == (409, "model_outdated")
    assert champion() == old
    page = as_user(boss).get("/models/").content.decode()
    assert page.count("can’t read pictures any more") == 1
    assert f"/models/{new.pk}/promote/" not in page
    for address in (f"/models/{new.pk}/", f"/models/{new.pk}/promote/"):
        page = as_user(boss).get(address).content.decode()
        assert "can’t read new pictures" in page
        assert "<textarea" not in page
    outdate(old)
    page = as_user(boss).get("/models/").content.decode()
    assert f"{old} can’t read new pictures" in page


def test_an_outdated_champion_is_asked_nothing_and_uploads_go_on(three, boss, client_of):
    old, *_ = three
    outdate(old)
    client = client_of(boss)
    asked = {"model": old.pk, "faces": [Face.objects.first().pk]}
    answer = client.post("/api/v1/inference-runs/", asked, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "model_outdated")
    upload = {"image": SimpleUploadedFile("a.png", png()), "subject": "S900"}
    answer = client.post("/api/v1/faces/", upload, format="multipart")
    assert (answer.status_code, answer.json()["inference_run"]) == (201, None)


def test_nobody_goes_back_to_what_cannot_read_pictures(three, boss):
    old, new, _ = three
    with transaction.atomic():
        registry.crown(new, boss, "A test.")
    outdate(old)
    with pytest.raises(ModelOutdated):
        roll_back(boss)
    assert champion() == new


def test_a_model_of_drawings_reads_photographs_only_where_somebody_wants_it(three, boss, as_user):
    old, _, same = three
    Coder.objects.filter(pk=same.coder_id).update(drawn_share=1.0)
    same = refreshed(same)
    compared(old.coder, same.coder)
    with pytest.raises(LearntFromDrawings) as refused:
        promote(same, boss, "As good.", accept_falls=True)
    told = "VGG16-same learnt from drawn faces, and 30 faces here are photographs"
    assert refused.value.fields["accept_drawn"][0].startswith(told)
    client, address = as_user(boss), f"/models/{same.pk}/promote/"
    assert told in client.get(address).content.decode()
    assert "learnt from drawn faces" in client.get("/models/").content.decode()
    answer = client.post(f"/api/v1/models/{same.pk}/promote/", {"reason": "Anyway."})
    assert (answer.status_code, answer.json()["code"]) == (409, "learnt_from_drawings")
    assert client.get(f"/api/v1/models/{same.pk}/").json()["drawn_share"] == 1.0
    assert champion() == old
    assert client.post(address, {"reason": "Anyway.", "accept_drawn": "on"}).status_code == 302
    assert champion() == same
    assert AliasMove.objects.first().evidence["drawn_accepted"].startswith(told)


def test_a_model_of_drawings_needs_nobodys_word_among_drawings(three, boss):
    old, _, same = three
    Coder.objects.update(drawn_share=1.0)
    compared(old.coder, same.coder)
    Face.objects.update(is_drawn=True)
    promote(refreshed(same), boss, "As good.")
    assert champion() == same


def test_no_model_of_drawings_is_crowned_over_photographs():
    version = make_version()
    Coder.objects.update(drawn_share=0.5)
    version, face = refreshed(version), make_face()
    with transaction.atomic():
        crown_first(version, good_figures())
    assert champion() is None
    Face.objects.filter(pk=face.pk).update(is_drawn=True)
    with transaction.atomic():
        crown_first(version, good_figures())
    assert champion() == version
