"""A drift check from the button to its faces, in the API, and who may ask for one."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from annotations.models import Coding, Face
from facsweb.jobs.models import Run
from inference.embeddings import packed
from inference.models import Embedding
from tests.factories import make_coding, make_face, make_subject, make_version
from tests.pages import text_of
from training.drift.run import carry_out
from training.drift.services import request_drift_check
from training.models import DriftCheck

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    """A version that learnt from 30 faces of 15 people, and has read 24 new ones of 12."""
    version = make_version()
    for number in range(54):
        new = number >= 30
        face = make_face(make_subject(f"{'N' if new else 'S'}{number // 2:03d}"))
        smile = number % 3 == 0 if not new else number != 31
        make_coding(
            face,
            version.coder,
            emotion="positive" if smile else "negative",
            present=(12,) if smile else (4,),
            split="" if new else "test",
            quality="dark" if new and number % 2 else "good",
        )
        if not new:
            make_coding(face, emotion="positive" if smile else "negative")
    frowning = {"negative": 0.8, "positive": 0.1, "surprise": 0.1}
    readings = Coding.objects.filter(coder=version.coder, emotion="negative")
    readings.update(emotion_probabilities=frowning)
    return version


def carried_out(check: DriftCheck) -> DriftCheck:
    assert check.claim()
    carry_out(check)
    check.refresh_from_db()
    assert check.status == Run.Status.SUCCEEDED, check.error
    return check


def test_check_finds_the_difference_and_leads_to_its_faces(as_user, ben, version):
    client = as_user(ben)
    asked = client.post(f"/models/{version.pk}/drift/", {})
    check = carried_out(DriftCheck.objects.get())
    assert asked["Location"].endswith("/drift/")
    names = {test.name for test in check.found.unlike}
    assert {"emotions", "units", "quality"} <= names
    make_coding(make_face(), version.coder, split="")  # uploaded afterwards: not of this check
    text = client.get(f"/models/{version.pk}/drift/").content.decode()
    assert "They differ" in text
    assert "No label was used" in text
    queries = {
        "emotion_model=positive": 23,
        "quality=dark": 12,
        "model=": 24,
    }
    for query, count in queries.items():
        link = re.search(rf'href="(/\?{query}[^"]+)"', text)[1].replace("&amp;", "&")
        page = re.sub(r"\s+", " ", client.get(link).content.decode())
        assert f"{count} of 55" in page, link


def test_what_the_network_sees_is_told_as_a_distance_and_given_to_nobody(
    as_user, client_of, ben, version
):
    """New faces lie three times as far from the middle; one training face has no embedding."""
    rng = np.random.default_rng(1)
    kept = []
    for coding in Coding.objects.filter(coder=version.coder).order_by("face_id")[1:]:
        far = 1 if coding.split else 3
        kept.append(Embedding(coding=coding, vector=packed(far * rng.normal(size=16))))
    Embedding.objects.bulk_create(kept)
    check = carried_out(request_drift_check(version, ben))
    (test,) = (test for test in check.found.tests if test.name == "embedding")
    (distance,) = test.columns
    assert test.adjusted < 0.05
    assert distance.before == pytest.approx(1, abs=0.15)
    assert distance.after == pytest.approx(3, abs=0.4)
    text = text_of(as_user(ben).get(f"/models/{version.pk}/drift/"))
    assert "Distance from the training’s middle: " + f"{distance.after:.2f}" in text
    told = client_of(ben).get(f"/api/v1/drift-checks/{check.pk}/").json()
    assert told["result"]["tests"][-1]["columns"][0]["name"].startswith("distance")
    Coding.objects.filter(coder=version.coder, split="").delete()
    assert Embedding.objects.count() == 29


def test_a_model_of_before_keeps_no_embedding_and_says_so(as_user, ben, version):
    carried_out(request_drift_check(version, ben))
    text = text_of(as_user(ben).get(f"/models/{version.pk}/drift/"))
    assert "keeps no embedding" in text and "Train again" in text


def test_time_and_number_of_new_faces_are_kept_to(ben, version):
    ids = list(Face.objects.filter(subject__code__startswith="N").values_list("pk", flat=True))
    noon = timezone.now()
    for hours, pk in enumerate(ids):
        Face.objects.filter(pk=pk).update(created_at=noon - timedelta(hours=hours))
    asked = {"uploaded_from": noon - timedelta(hours=21), "uploaded_until": noon}
    found = carried_out(request_drift_check(version, ben, **asked)).found
    assert (found.before.faces, found.after.faces) == (30, 22)
    check = carried_out(request_drift_check(version, ben, **asked, last=6))
    assert "6 new faces of 3 subjects" in check.found.too_few
    assert check.range == (noon - timedelta(hours=5), noon)


def test_no_new_face_is_too_few_to_say(as_user, ben):
    version = make_version()
    carried_out(request_drift_check(version, ben))
    text = as_user(ben).get(f"/models/{version.pk}/drift/").content.decode()
    assert "0 new faces of 0 subjects" in text


def test_form_names_what_is_wrong(as_user, ben, version):
    client = as_user(ben)
    days = {"since": "2026-02-02", "until": "2026-02-01"}
    for given, said in ((days, "ends before it begins"), ({"last": "0"}, "greater than or equal")):
        answer = client.post(f"/models/{version.pk}/drift/", given)
        assert answer.status_code == 400
        assert said in answer.content.decode()
    assert not DriftCheck.objects.exists()


def test_coders_read_checks_and_do_not_ask_for_them(as_user, client_of, ada, ben, version):
    carried_out(request_drift_check(version, ben))
    page = as_user(ada).get(f"/models/{version.pk}/drift/").content.decode()
    assert "They differ" in page
    assert "check-drift" not in page
    assert as_user(ada).post(f"/models/{version.pk}/drift/", {}).status_code == 404
    body = {"model": version.pk}
    assert client_of(ada).post("/api/v1/drift-checks/", body, format="json").status_code == 403


def test_api_asks_for_a_check_and_tells_it(client_of, ben, version):
    client = client_of(ben)
    asked = client.post("/api/v1/drift-checks/", {"model": version.pk, "last": 20}, format="json")
    assert asked.status_code == 201, asked.content
    again = client.post("/api/v1/drift-checks/", {"model": version.pk, "last": 20}, format="json")
    assert again.json()["id"] == asked.json()["id"]
    check = carried_out(DriftCheck.objects.get())
    told = client.get(f"/api/v1/drift-checks/{check.pk}/").json()
    assert told["result"]["after"]["faces"] == 20
    assert "result" not in client.get("/api/v1/drift-checks/").json()["results"][0]


def test_page_has_a_fixed_number_of_queries(as_user, ben, version, django_assert_max_num_queries):
    carried_out(request_drift_check(version, ben))
    client = as_user(ben)
    with django_assert_max_num_queries(10):
        client.get(f"/models/{version.pk}/drift/")
