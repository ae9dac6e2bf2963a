"""Which questions tell something of what is said of a face, and which need a model."""

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from annotations.codings.face_query import FaceQuery
from annotations.models import Coder, Face, Snapshot, face_querysets
from tests.factories import make_coding, make_face, model_coder

HARMLESS = {"model": Coder(name="m"), "subject": "S001", "sha256": "0" * 64}
OF_THE_TRUTH = {
    "emotion": "positive", "units": (12,),
    "absent_units": (12,), "snapshot": Snapshot(pk=1), "is_unlabelled": True, "is_flagged": True,
    "groups": (("gender", "female"),), "coder_name": "ada",
    "updated_since": datetime(2026, 1, 1, tzinfo=UTC),
    "uploaded": (datetime(2026, 1, 1, tzinfo=UTC), None),
}  # fmt: skip
OF_THE_MODEL = {
    "differs": False, "model_emotion": "positive", "model_unit": 12,
    "model_absent_unit": 12, "unit_probability": (12, 0.0, 0.5), "split": "test",
    "is_new_to_model": True, "is_unlike": True, "quality": "blurred",
    "confidence_below": 0.0, "confidence_from": 0.0, "by_confidence": True,
}  # fmt: skip


def test_no_question_is_forgotten_here():
    named = {field.name for field in fields(FaceQuery)}
    assert named == HARMLESS.keys() | OF_THE_TRUTH.keys() | OF_THE_MODEL.keys()


@pytest.mark.parametrize("name", HARMLESS)
def test_whose_picture_it_is_tells_nothing(name):
    asked = FaceQuery(**{name: HARMLESS[name]})
    assert not asked.tells_of_readings
    assert not asked.needs_model


@pytest.mark.parametrize("name", OF_THE_TRUTH)
def test_what_is_true_tells_and_needs_no_model(name):
    asked = FaceQuery(**{name: OF_THE_TRUTH[name]})
    assert asked.tells_of_readings
    assert not asked.needs_model


@pytest.mark.parametrize("name", OF_THE_MODEL)
def test_what_the_model_says_tells_and_needs_one(name):
    asked = FaceQuery(**{name: OF_THE_MODEL[name]})
    assert asked.tells_of_readings
    assert asked.needs_model


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 2000])
def test_few_and_many_by_probability_are_the_same_faces(monkeypatch, ben, few):
    monkeypatch.setattr(face_querysets, "_FEW", few)
    model = model_coder()
    faces = [make_face() for _ in range(4)]
    for face, chance in zip(faces, (0.1, 0.4, 0.49, 0.5), strict=True):
        scores = make_coding(face, model, present=(), absent=(12,)).scores
        scores.update(probability=chance)
        make_coding(face, model_coder("VGG16-other"), present=(), absent=(12,))
    asked = FaceQuery(model=model, unit_probability=(12, 0.4, 0.5))
    assert list(asked.apply(Face.objects.all(), ben)) == faces[1:3]
