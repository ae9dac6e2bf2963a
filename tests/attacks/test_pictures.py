"""Pictures that are something else, and the way in which pictures are served."""

from __future__ import annotations

import struct
import time
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from annotations.models import Face
from tests.factories import make_face, png

pytestmark = pytest.mark.django_db
SCRIPT = b"<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<!doctype html>" + SCRIPT),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"),
        ("a.png", b"<!doctype html>" + SCRIPT),
        ("a.png", b"GIF89a" + SCRIPT),
    ],
)
def test_page_or_drawing_with_a_script_is_no_picture(client_of, ben, name, data):
    image = SimpleUploadedFile(name, data, "image/png")
    answer = client_of(ben).post(
        "/api/v1/faces/", {"image": image, "subject": "S1"}, format="multipart"
    )
    assert answer.status_code == 400
    assert not Face.objects.exists()


def test_picture_is_served_as_nothing_but_a_picture(client_of, as_user, ben, upload):
    """PNG and HTML in one: the tail is gone, and whatever is left runs nowhere."""
    assert upload(client_of(ben), png() + SCRIPT).status_code == 201
    face = Face.objects.get()
    client = as_user(ben)
    for address in (f"/faces/{face.pk}/image/", f"/api/v1/faces/{face.pk}/image/"):
        answer = client.get(address)
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert SCRIPT not in b"".join(answer.streaming_content)
    assert "face" not in face.file.name.rpartition("/")[2]  # the sender's name of it


def _huge() -> bytes:
    """A PNG of some bytes that says it has ten thousand million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_picture_that_says_it_is_huge_is_refused_at_once(client_of, ben, upload):
    began = time.process_time()
    answer = upload(client_of(ben), _huge())
    assert answer.status_code == 400
    assert time.process_time() - began < 5  # of processor time: it was never unpacked
    assert not Face.objects.exists()


def test_private_picture_needs_signing_in(client):
    face = make_face()
    answer = client.get(f"/faces/{face.pk}/image/")
    assert (answer.status_code, answer["Location"][:7]) == (302, "/login/")
