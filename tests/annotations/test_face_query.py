"""Which questions tell something of what is said of a face, and which need a model."""

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from annotations.codings.face_query import FaceQuery
from annotations.models import Coder, Snapshot

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
    "is_new_to_model": True, "quality": "blurred",
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
