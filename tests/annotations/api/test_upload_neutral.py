"""The neutral frame of a face's sequence, sent to `PUT /api/v1/faces/<id>/neutral/`."""

import io
import json

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from annotations.faces.neutral_frames import neutral_of
from annotations.models import NeutralFrame
from facsweb.audit.selectors import entries
from inference.references import references_of
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def peak():
    return make_face(make_subject("S005"), sequence="001", frame=11)


def put(client, face, data: bytes | None = None, **fields):
    image = SimpleUploadedFile("first.png", png() if data is None else data, "image/png")
    body = {"image": image, **fields}
    return client.put(f"/api/v1/faces/{face.pk}/neutral/", body, format="multipart")


def files() -> list:
    return sorted(path.name for path in (settings.MEDIA_ROOT / "neutral").glob("*"))


def test_the_face_is_compared_with_what_was_sent(client_of, ada, peak):
    answer = put(client_of(ada), peak)
    assert answer.status_code == 201, answer.json()
    kept = neutral_of(peak)
    assert answer.json() == {
        "changed": True,
        "frame": 1,
        "sha256": kept.sha256,
        "stored_sha256": kept.stored_sha256,
        "width": 24,
        "height": 24,
    }
    (reference,) = references_of(type(peak).objects.filter(pk=peak.pk)).values()
    assert [picture.sha256 for picture in reference.pictures] == [kept.sha256]
    entry = entries().get(action="neutral.uploaded")
    assert (entry.actor, entry.about, entry.about_id) == (ada.pk, "neutralframe", kept.pk)
    assert json.loads(entry.details) == {"face": peak.pk}


def test_it_is_read_by_whoever_may_see_the_face(client_of, ada, boss, peak):
    address = f"/api/v1/faces/{peak.pk}/neutral/"
    answer = client_of(ada).get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    put(client_of(boss), peak)
    kept = neutral_of(peak)
    answer = client_of(ada).get(address, headers={"accept": "image/png"})
    assert b"".join(answer) == kept.file.read()
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        "image/png", "private, no-store",
    )  # fmt: skip


def test_the_same_picture_again_changes_nothing(client_of, ada, peak):
    data = png()
    put(client_of(ada), peak, data)
    answer = put(client_of(ada), peak, data)
    assert (answer.status_code, answer.json()["changed"]) == (200, False)
    assert len(files()) == NeutralFrame.objects.count() == 1
    assert entries().filter(action__startswith="neutral").count() == 1


def test_only_an_admin_puts_another_in_its_place(
    client_of, ada, ben, boss, peak, django_capture_on_commit_callbacks
):
    put(client_of(ada), peak)
    first = files()
    for user in (ada, ben):
        answer = put(client_of(user), peak)
        assert answer.status_code == 403, answer.json()
        assert "Only an admin" in answer.json()["detail"]
    assert files() == first
    with django_capture_on_commit_callbacks(execute=True):
        answer = put(client_of(boss), peak, frame="2")
    assert (answer.status_code, answer.json()["changed"]) == (200, True)
    assert neutral_of(peak).frame == 2
    assert len(files()) == 1
    assert entries().filter(action="neutral.replaced").count() == 1


def test_what_is_kept_has_no_metadata(client_of, ada, peak):
    picture, stream = Image.new("RGB", (32, 32), "grey"), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Ada at the clinic"
    picture.save(stream, "JPEG", exif=exif)
    answer = put(client_of(ada), peak, stream.getvalue())
    assert answer.status_code == 201
    assert answer.json()["sha256"] != answer.json()["stored_sha256"]
    with neutral_of(peak).file.open() as kept:
        assert b"clinic" not in kept.read()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"frame": "11"}, "frame"),
        ({"frame": "-1"}, "frame"),
        ({"frame": "x"}, "frame"),
        ({"data": b"GIF89a"}, "image"),
        ({"data": png()[:40]}, "image"),
        ({"data": b""}, "image"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(client_of, ada, peak, fields, named):
    answer = put(client_of(ada), peak, **fields)
    assert answer.status_code == 400
    assert named in answer.json()["fields"], answer.json()
    assert not NeutralFrame.objects.exists()
    assert not files()


def test_a_face_isn_t_its_own_neutral_frame(client_of, ada, peak):
    with peak.file.open() as kept:
        answer = put(client_of(ada), peak, kept.read())
    assert answer.status_code == 400
    assert "own picture" in answer.json()["fields"]["image"][0]
    assert not NeutralFrame.objects.exists()


def test_a_face_without_a_sequence_has_none(client_of, ada):
    answer = put(client_of(ada), make_face(sequence=""))
    assert answer.status_code == 400
    assert "sequence" in answer.json()["fields"]


def test_beyond_the_limit_is_refused(client_of, ada, peak, settings):
    settings.FACE_MAX_BYTES = 10
    answer = put(client_of(ada), peak)
    assert answer.status_code == 400
    assert "image" in answer.json()["fields"]


def test_who_codes_it_blind_can_t_probe_for_its_place(client_of, blind_ada, peak):
    for frame in ("1", "11"):
        answer = put(client_of(blind_ada), peak, frame=frame)
        assert answer.status_code == 403
        assert "blind" in answer.json()["detail"]
    assert not NeutralFrame.objects.exists()
