"""A snapshot keeps the truth as it stood, and the gallery and the API find faces by it."""

import hashlib
import json

import pytest

from annotations.codings.face_query import FaceQuery
from annotations.models import Face, Snapshot
from tests.factories import make_coding, make_face, make_subject, model_coder
from training.making.samples import freeze_truth

pytestmark = pytest.mark.django_db


@pytest.fixture
def smile():
    face = make_face(make_subject("S901", gender="female"))
    make_coding(face, emotion="positive", present=(12,), absent=(4,))
    make_coding(face, model_coder(), emotion="negative", present=(), absent=(12,), split="test")
    return face


def found(user, **asked):
    return list(FaceQuery(model=model_coder(), **asked).apply(Face.objects.all(), user))


def test_a_change_of_the_truth_leaves_the_snapshot_as_it_was(boss, smile):
    snapshot, samples = freeze_truth()
    make_coding(smile, emotion="surprise", present=(4,), absent=(12,))
    smile.subject.gender = "male"
    smile.subject.save()
    make_coding(make_face(), emotion="positive", present=(12,))
    assert [sample.id for sample in samples] == [smile.pk]
    then = {"snapshot": snapshot}
    assert found(boss, **then, emotion="positive", units=(12,), absent_units=(4,)) == [smile]
    assert found(boss, **then, emotion="surprise") == []
    assert found(boss, **then, units=(4,)) == []
    assert found(boss, **then, groups=(("gender", "female"),)) == [smile]
    assert found(boss, **then, groups=(("gender", "male"),)) == []
    assert found(boss, emotion="surprise", groups=(("gender", "male"),)) == [smile]


def test_the_same_truth_is_the_same_snapshot(smile):
    first, _ = freeze_truth()
    assert freeze_truth()[0] == first
    assert (first.faces, first.subjects) == (1, 1)
    smile.subject.gender = ""
    smile.subject.save()
    second, _ = freeze_truth()
    assert second != first
    make_coding(smile, emotion="positive", present=(12,), absent=(4,))
    assert freeze_truth()[0] not in (first, second)
    assert Snapshot.objects.count() == 3


def test_the_digest_stays_as_it_was(smile):
    """Snapshots of before are found again, however the truth is read."""
    truth = smile.codings.get(is_accepted=True)
    groups = {"gender": "female", "age_group": "", "ethnicity": ""}
    scores = [[4, False], [12, True]]
    row = [truth.pk, smile.pk, smile.sha256, "S901", groups, "positive", scores]
    assert freeze_truth()[0].sha256 == hashlib.sha256(json.dumps(row).encode()).hexdigest()


def test_cells_of_a_unit_are_found_too(ben, smile):
    snapshot, _ = freeze_truth()
    assert found(ben, snapshot=snapshot, units=(12,), model_absent_unit=12) == [smile]
    assert found(ben, snapshot=snapshot, units=(12,), model_unit=12) == []
    assert found(ben, snapshot=snapshot, absent_units=(4,), split="test") == [smile]
    assert found(ben, absent_units=(12,)) == []


def test_gallery_and_api_take_a_snapshot(as_user, ben, smile):
    snapshot, _ = freeze_truth()
    make_coding(make_face(), emotion="positive", present=(12,))
    client = as_user(ben)
    page = client.get(f"/?emotion=positive&snapshot={snapshot.pk}")
    assert [face for face, _ in page.context["cards"]] == [smile]
    assert "chosen by the truth of then" in page.content.decode()
    assert f"snapshot={snapshot.pk}" in page.context["filter"].query
    answer = client.get(f"/api/v1/faces/?emotion=positive&snapshot={snapshot.pk}")
    assert [face["id"] for face in answer.json()["results"]] == [smile.pk]


@pytest.mark.parametrize("number", ["999", "x", "9" * 25])
def test_a_snapshot_that_is_not_there_is_named(as_user, ben, smile, number):
    client = as_user(ben)
    assert "no such snapshot" in client.get(f"/?snapshot={number}").content.decode()
    answer = client.get(f"/api/v1/faces/?snapshot={number}")
    assert answer.status_code == 400
    assert "snapshot" in answer.json()["fields"]
