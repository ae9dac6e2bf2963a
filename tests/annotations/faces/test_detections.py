"""Box, crop and landmarks are kept, replaced, drawn, and private."""

import pytest

from annotations.faces.detections import Seen, store_detections
from annotations.models import Detection
from tests.factories import make_face

pytestmark = pytest.mark.django_db

SEEN = Seen((1.4, 2, 20, 21.6), [(0, 0), (24, 0), (24, 24), (0, 24)], [(5.2, 6.7)] * 468)


@pytest.fixture
def face():
    found = make_face()
    store_detections([(found, SEEN)])
    return found


def test_the_latest_is_kept(face):
    store_detections([(face, Seen((3, 3, 9, 9), SEEN.crop, SEEN.landmarks))])
    assert Detection.objects.get().box == [3, 3, 9, 9]


def test_it_is_drawn_over_the_picture(as_user, ada, face):
    client = as_user(ada)
    assert "Show what the model saw" in client.get(f"/faces/{face.pk}/").content.decode()
    answer = client.get(f"/faces/{face.pk}/detection.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    drawn = answer.content.decode()
    assert drawn.count("<circle") == 468
    assert 'cx="5" cy="7"' in drawn
    assert f'viewBox="0 0 {face.width} {face.height}"' in drawn


def test_the_api_tells_it(as_user, ada, face):
    body = as_user(ada).get(f"/api/v1/faces/{face.pk}/detection/").json()
    assert body["box"] == [1, 2, 20, 22]
    assert len(body["landmarks"]) == 468


def test_without_one_nothing_is_offered(as_user, ada):
    bare = make_face()
    client = as_user(ada)
    assert "Show what the model saw" not in client.get(f"/faces/{bare.pk}/").content.decode()
    assert client.get(f"/faces/{bare.pk}/detection.svg").status_code == 404
    assert client.get(f"/api/v1/faces/{bare.pk}/detection/").status_code == 404


def test_who_may_not_see_the_face_sees_no_landmarks(as_user, cleo, face):
    client = as_user(cleo)
    assert client.get(f"/faces/{face.pk}/detection.svg").status_code == 404
    assert client.get(f"/api/v1/faces/{face.pk}/detection/").status_code == 404
