"""The picture panel: what is laid over a face, and its neutral frame, private as the face."""

import re

import pytest
from django.test import Client

from annotations.faces.detections import Seen, store_detections
from annotations.faces.neutral_frames import store_neutral
from annotations.faces.overlays import picture_of
from annotations.faces.services import check_image
from annotations.facs.regions import REGIONS
from annotations.synthetic import face_model
from tests.factories import make_face, png
from tests.pages import text_of

pytestmark = pytest.mark.django_db

LANDMARKS = (face_model.load().shape_mean * 5 + (12, 10)).tolist()


@pytest.fixture
def face():
    found = make_face()
    store_detections([(found, Seen((1, 2, 20, 21), [(0, 0), (24, 0)], LANDMARKS))])
    return found


@pytest.fixture
def neutral(face):
    image = check_image(png())
    place = {"subject": face.subject, "sequence": face.sequence, "frame": 0}
    assert store_neutral(image, **place)
    return image


def page(client, face) -> str:
    return text_of(client.get(f"/faces/{face.pk}/"))


def test_the_neutral_frame_is_served_privately(as_user, ada, face, neutral):
    client = as_user(ada)
    answer = client.get(f"/faces/{face.pk}/neutral/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert b"".join(answer.streaming_content) == neutral.data
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    known = client.get(f"/faces/{face.pk}/neutral/", headers={"if-none-match": answer["ETag"]})
    assert known.status_code == 304
    assert client.post(f"/faces/{face.pk}/neutral/").status_code == 405


def test_who_may_not_see_the_face_gets_no_neutral_frame(as_user, cleo, face, neutral):
    assert as_user(cleo).get(f"/faces/{face.pk}/neutral/").status_code == 404
    assert Client().get(f"/faces/{face.pk}/neutral/").status_code == 302


def test_without_one_there_is_none(as_user, ada, face):
    client = as_user(ada)
    assert client.get(f"/faces/{face.pk}/neutral/").status_code == 404
    assert client.get("/faces/999999/neutral/").status_code == 404
    shown = page(client, face)
    assert "No neutral frame was imported with this face." in shown
    assert 'data-view="blink"' not in shown
    assert "show-neutral" not in shown


def test_a_lost_file_is_not_found(as_user, ada, face, neutral):
    stored = picture_of(face).neutral.file
    stored.storage.delete(stored.name)
    assert as_user(ada).get(f"/faces/{face.pk}/neutral/").status_code == 404


def test_a_face_is_not_its_own_neutral_frame(face):
    place = {"subject": face.subject, "sequence": face.sequence, "frame": face.frame}
    store_neutral(check_image(face.file.read()), **place)
    assert picture_of(face).neutral is None


def test_a_face_without_sequence_has_none():
    assert picture_of(make_face(sequence="")).neutral is None


def test_the_page_offers_the_comparison(as_user, ada, face, neutral):
    shown = page(as_user(ada), face)
    assert f'src="/faces/{face.pk}/neutral/"' in shown
    assert re.search(
        r'<button[^>]* data-view="blink" aria-pressed="false" data-scripted hidden>', shown
    )
    assert re.search(r'<label[^>]* data-plain><input type="checkbox" id="show-neutral">', shown)
    assert "No neutral frame" not in shown


def test_the_page_outlines_every_action_unit(as_user, ada, face):
    shown = page(as_user(ada), face)
    drawn = [int(au) for au in re.findall(r'data-region-au="(\d+)"', shown)]
    assert drawn == sorted(REGIONS)
    assert 'data-label="AU12 lip corner puller" data-muscle="Zygomaticus major"' in shown
    assert f'class="regions" viewBox="0 0 {face.width} {face.height}"' in shown
    (au12,) = re.findall(r'<g id="region-12">(.*?)</g>', shown)
    assert re.fullmatch(r'(<polygon points="(\d+,\d+ ?)+"/>){2}', au12)


def test_without_a_detection_nothing_is_outlined(as_user, ada):
    bare = make_face()
    assert picture_of(bare).regions == []
    shown = page(as_user(ada), bare)
    assert "data-region-au" not in shown
    assert "action units cannot be outlined" in shown


def test_what_needs_the_script_is_hidden_without_it(as_user, ada, face, neutral):
    shown = page(as_user(ada), face)
    scripted = re.findall(r"<(?:div|button)[^>]* data-scripted[^>]*>", shown)
    assert len(scripted) == 3  # zoom, blink, brightness and contrast
    assert all(tag.endswith(" hidden>") for tag in scripted)
    assert not re.search(r"\sstyle=|\son[a-z]+=\"", shown)
