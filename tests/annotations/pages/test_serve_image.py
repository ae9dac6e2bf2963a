"""Image files leave the server only through a view that asks who wants them."""

import pytest
from django.test import Client

from tests.factories import make_face

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "content_type"), [("image", "image/png"), ("thumbnail/240", "image/webp")]
)
def test_image_is_served_privately(as_user, ada, name, content_type):
    face = make_face()
    answer = as_user(ada).get(f"/faces/{face.pk}/{name}/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content)


def test_known_image_is_not_sent_again(as_user, ada):
    address = f"/faces/{make_face().pk}/image/"
    client = as_user(ada)
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"if-none-match": etag}).status_code == 304


def test_lost_file_is_not_found(as_user, ada):
    face = make_face()
    face.file.storage.delete(face.file.name)
    assert as_user(ada).get(f"/faces/{face.pk}/image/").status_code == 404


@pytest.mark.parametrize("name", ["image", "thumbnail/240"])
def test_cleo_gets_no_image(as_user, cleo, name):
    address = f"/faces/{make_face().pk}/{name}/"
    assert as_user(cleo).get(address).status_code == 404
    assert Client().get(address).status_code == 302
