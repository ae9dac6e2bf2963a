import json

import pytest
from django.conf import settings

from annotations.models import Coding, Face, Review, Subject
from inference.models import InferenceRun
from tests.factories import png

pytestmark = pytest.mark.django_db


def files_on_disk() -> list:
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def assert_nothing_is_left():
    assert not Face.objects.exists()
    assert not Subject.objects.exists()
    assert not Coding.objects.exists()
    assert not InferenceRun.objects.exists()
    assert not files_on_disk()


def test_reviewers_upload_with_label_becomes_the_truth(client_of, ben, upload):
    units = json.dumps({"12": "C", "6": True, "4": False})
    answer = upload(
        client_of(ben), emotion="positive", action_units=units, gender="female", frame="7"
    )
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert body["created"] is True
    assert body["inference_run"] is None
    face = body["face"]
    assert face["subject"]["code"] == "S100"
    assert face["subject"]["gender"] == ""  # kept, and told to admins and auditors only
    assert Subject.objects.get(code="S100").gender == "female"
    assert face["frame"] == 7
    assert face["truth"]["coder"] == "ben"
    assert face["truth"]["emotion"] == "positive"
    assert face["truth"]["action_units"] == {
        "4": {"present": False, "intensity": "", "probability": None},
        "6": {"present": True, "intensity": "", "probability": None},
        "12": {"present": True, "intensity": "C", "probability": None},
    }


def test_coders_upload_with_label_is_a_proposal(client_of, ada, upload):
    answer = upload(client_of(ada), emotion="negative")
    assert answer.status_code == 201
    assert answer.json()["face"]["truth"] is None
    assert Review.objects.get().decision == "propose"


def test_same_image_twice_changes_nothing(client_of, ben, upload):
    data = png()
    first = upload(client_of(ben), data, emotion="positive").json()
    again = upload(client_of(ben), data, subject="S200", emotion="negative")
    assert again.status_code == 200
    assert again.json()["created"] is False
    assert again.json()["face"] == first["face"]
    assert Subject.objects.count() == Face.objects.count() == Coding.objects.count() == 1
    assert len(files_on_disk()) == 1


def test_upload_asks_the_champion(client_of, ada, upload, champion):
    body = upload(client_of(ada)).json()
    run = InferenceRun.objects.get()
    assert body["inference_run"] == run.pk
    assert run.face_ids == [body["face"]["id"]]


def test_upload_asks_nobody_when_told_so(client_of, ada, upload, champion):
    assert upload(client_of(ada), predict="false").json()["inference_run"] is None
    assert not InferenceRun.objects.exists()


def test_asking_for_a_prediction_without_a_model_leaves_nothing(client_of, ben, upload):
    answer = upload(client_of(ben), emotion="positive", predict="true")
    assert answer.status_code == 409
    assert answer.json()["code"] == "no_model"
    assert_nothing_is_left()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"emotion": "happy-ish"}, "emotion"),
        ({"action_units": '{"99": true}'}, "action_units"),
        ({"action_units": '{"12": "F"}'}, "action_units"),
        ({"action_units": '{"012": true}'}, "action_units"),
        ({"action_units": "[12]"}, "action_units"),
        ({"action_units": "{"}, "action_units"),
        ({"action_units": "[" * 100_000}, "action_units"),
        ({"frame": "-1"}, "frame"),
        ({"frame": "9" * 22}, "frame"),
        ({"subject": "a b"}, "code"),
        ({"subject": "a\x00b"}, "subject"),
        ({"subject": ""}, "subject"),
        ({"gender": "x"}, "gender"),
        ({"predict": "perhaps"}, "predict"),
    ],
)
def test_bad_field_leaves_nothing(client_of, ben, upload, fields, named):
    answer = upload(client_of(ben), **fields)
    assert answer.status_code == 400
    assert named in answer.json()["fields"], answer.json()
    assert_nothing_is_left()


@pytest.mark.parametrize("data", [b"", b"not an image", b"GIF89a", png()[:40]])
def test_bad_image_leaves_nothing(client_of, ben, upload, data):
    answer = upload(client_of(ben), data)
    assert answer.status_code == 400
    assert "image" in answer.json()["fields"]
    assert_nothing_is_left()


def test_image_beyond_the_limit_is_refused(client_of, ben, upload, settings):
    settings.FACE_MAX_BYTES = 10
    assert "image" in upload(client_of(ben)).json()["fields"]


def test_taken_frame_is_refused_and_leaves_no_file(client_of, ben, upload):
    upload(client_of(ben), sequence="001", frame="3")
    answer = upload(client_of(ben), sequence="001", frame="3")
    assert answer.status_code == 400
    assert "frame" in answer.json()["fields"]
    assert len(files_on_disk()) == 1


def test_outsider_cannot_upload(client_of, cleo, upload):
    answer = upload(client_of(cleo))
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"
    assert_nothing_is_left()
