"""A picture that is hard to read is marked wherever its prediction is shown."""

import pytest
from django.db import IntegrityError, transaction

from annotations.facs.picture_quality import REASONS, Quality
from annotations.models import Coding
from tests.factories import import_coder, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("quality", [quality for quality in Quality if quality != Quality.GOOD])
def test_page_and_card_say_what_is_wrong(as_user, ada, quality):
    face = make_face()
    make_coding(face, model_coder(), emotion="negative", quality=quality)
    client = as_user(ada)
    page = client.get(f"/faces/{face.pk}/").content.decode()
    assert REASONS[quality] in page.replace("&#x27;", "'")
    assert quality.value.replace("_", " ") in client.get("/").content.decode()


def test_how_far_a_face_is_turned_is_told(as_user, ada):
    """On its page, on its card and by the API."""
    face, pose = make_face(), {"yaw": -32.0, "pitch": 3.0, "roll": 1.0}
    coding = make_coding(face, model_coder(), emotion="negative", quality=Quality.EXTREME_POSE)
    Coding.objects.filter(pk=coding.pk).update(pose=pose)
    client = as_user(ada)
    page = client.get(f"/faces/{face.pk}/").content.decode()
    assert "turned 32 degrees away from the camera" in page
    assert "turned 32°" in client.get("/").content.decode()
    told = client.get(f"/api/v1/faces/{face.pk}/codings/").json()
    assert pose in [each["pose"] for each in told["results"]]


def test_good_picture_carries_no_mark(as_user, ada):
    face = make_face()
    coding = make_coding(face, model_coder(), emotion="negative", quality=Quality.GOOD)
    assert coding.quality_reason == ""
    assert "Don't trust" not in as_user(ada).get(f"/faces/{face.pk}/").content.decode()


def test_only_a_model_judges_quality():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_coding(make_face(), import_coder(), emotion="negative", quality=Quality.DARK)
