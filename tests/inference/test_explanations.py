"""Asking what a model looked at: once made it is kept, and seen by who may see it."""

import pytest
from django.core.files.base import ContentFile

from annotations.codings.services import human_coder
from inference.models import Explanation
from inference.services import request_explanation
from tests.factories import make_coding, make_face, make_version

pytestmark = pytest.mark.django_db
AS_JSON = {"Accept": "application/json"}


@pytest.fixture
def face():
    version = make_version(champion=True)
    face = make_face()
    make_coding(face)
    make_coding(face, version.coder)
    return face


def ask(client, face, target="au:12"):
    return client.post(f"/faces/{face.pk}/explanations/", {"target": target}, headers=AS_JSON)


def done(explanation):
    explanation.status = "succeeded"
    explanation.image.save("map.png", ContentFile(b"not really a picture"), save=False)
    explanation.facts = {
        "probability": 0.87, "landmark_weight": 0.25, "found_face": True,
        "seen_in_training": True, "empty": False,
    }  # fmt: skip
    explanation.save()


def test_the_same_question_is_one_explanation(as_user, ada, ben, face):
    first = ask(as_user(ada), face).json()
    assert first["status"] == "queued"
    assert ask(as_user(ben), face).json()["url"] == first["url"]
    ask(as_user(ada), face, "emotion:positive")
    assert Explanation.objects.count() == 2


def test_the_model_that_the_page_shows_is_explained(as_user, ada, face):
    other = make_version("VGG16-other")
    client = as_user(ada)
    given = {"target": "au:12", "model": "VGG16-other"}
    client.post(f"/faces/{face.pk}/explanations/", given, headers=AS_JSON)
    assert Explanation.objects.get().version == other


def test_what_failed_is_tried_again(as_user, ada, face):
    url = ask(as_user(ada), face).json()["url"]
    Explanation.objects.update(status="failed", error="no memory")
    assert "no memory" in as_user(ada).get(url).content.decode()
    assert ask(as_user(ada), face).json()["status"] == "queued"


def test_the_caption_says_what_the_map_is_and_is_not(as_user, ada, face):
    client = as_user(ada)
    url = ask(client, face).json()["url"]
    done(Explanation.objects.get())
    told = " ".join(client.get(url, headers=AS_JSON).json()["caption"])
    for words in (
        "speaks for AU12", "87 %", "not why", "proves nothing", "25 % of the mixture",
        "has learned from this picture",
    ):  # fmt: skip
        assert words in told
    assert "proves nothing" in client.get(url).content.decode()


@pytest.mark.parametrize("target", ["", "au:99", "emotion:<script>"])
def test_a_question_that_makes_no_sense_is_refused(as_user, ada, face, target):
    answer = ask(as_user(ada), face, target)
    assert answer.status_code == 400
    assert "can't be explained" in answer.json()["detail"]
    plain = as_user(ada).post(f"/faces/{face.pk}/explanations/", {"target": target})
    assert plain.status_code == 400
    assert b"<script>" not in plain.content.split(b"<main")[1].split(b"</main")[0]


def test_without_a_model_it_says_so(as_user, ada):
    answer = ask(as_user(ada), make_face())
    assert answer.status_code == 409
    assert answer.json()["code"] == "no_model"


def test_outsiders_and_blind_coders_see_nothing(as_user, ada, cleo, face):
    explanation = request_explanation(face, "au:12", ada)
    done(explanation)
    paths = (f"/explanations/{explanation.pk}/", f"/explanations/{explanation.pk}/image.png")
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save()
    assert ask(as_user(ada), face).status_code == 403
    assert ask(as_user(cleo), face).status_code == 404
    for path in paths:
        assert as_user(cleo).get(path).status_code == 404
        assert as_user(ada).get(path).status_code == 404


def test_the_map_is_private(as_user, ben, face):
    explanation = request_explanation(face, "au:12", ben)
    path = f"/explanations/{explanation.pk}/image.png"
    assert as_user(ben).get(path).status_code == 404  # not ready
    done(explanation)
    answer = as_user(ben).get(path)
    assert answer["Content-Type"] == "image/png"
    assert "private" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_no_get_asks(as_user, ben, face):
    assert as_user(ben).get(f"/faces/{face.pk}/explanations/").status_code == 405
