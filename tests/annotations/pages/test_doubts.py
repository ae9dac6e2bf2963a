"""Why not to trust a model's reading of a face: on its page, in the gallery, and in the API."""

import pytest
from django.db import IntegrityError

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding
from annotations.models import Coder, Face
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


def reads(face: Face, distance: float | None, *emotions: str, unsure: tuple[int, ...] = ()) -> None:
    sets = {"emotions": list(emotions), "unsure": list(unsure), "coverage": 0.9}
    reading = Reading(
        "negative",
        {4: Score(True, probability=0.5), 12: Score(False, probability=0.1)},
        emotion_probabilities={"negative": 0.6, "positive": 0.1, "surprise": 0.3},
    )
    origin = Provenance(distance=distance, sets=sets if emotions else None)
    add_coding(face, model_coder(), reading, origin)


@pytest.fixture
def faces():
    """One that the model can't tell, one that is unlike its training, one of an older model's."""
    found = [make_face() for _ in range(3)]
    reads(found[0], 0.7, "negative", "surprise", unsure=(4,))
    reads(found[1], 1.62, "negative")
    reads(found[2], None)
    return found


def test_a_single_emotion_is_told_as_such(as_user, ada):
    face = make_face()
    reads(face, 0.5, "negative")
    told = words(as_user(ada), f"/faces/{face.pk}/")
    assert "The model excludes all but <b>negative</b>." in told


def words(client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_a_face_s_page_tells_what_cannot_be_excluded(faces, as_user, ada):
    client = as_user(ada)
    torn, unlike, plain = (words(client, f"/faces/{face.pk}/") for face in faces)
    assert "The model can’t tell: <b>negative or surprise</b>." in torn
    assert "hold the label on 90 % of faces of new people" in torn
    assert torn.count("can’t say") == 1
    assert "It can’t exclude <b>negative</b>; on a face unlike its training" in unlike
    assert "than 19 in 20 faces of new people like theirs (1.62 times that limit)" in unlike
    assert "unlike those" not in torn
    for told in ("can’t", "excludes", "unlike those"):
        assert told not in plain


def test_the_gallery_finds_faces_unlike_the_training(faces, as_user, ada):
    client = as_user(ada)
    page = words(client, "/?unlike=on")
    assert "1 of 3 faces" in page
    assert "unlike the training </span>" in page
    found = client.get("/api/v1/faces/?unlike=true").json()["results"]
    assert [face["id"] for face in found] == [faces[1].pk]
    told = found[0]["prediction"]
    assert (told["distance"], told["unlike"]) == (1.62, True)
    assert told["sets"] == {"emotions": ["negative"], "unsure": [], "coverage": 0.9}
    older = client.get(f"/api/v1/faces/{faces[2].pk}/").json()["prediction"]
    assert (older["distance"], older["unlike"], older["sets"]) == (None, None, None)


def test_a_photograph_that_a_model_of_drawings_read_is_marked(faces, as_user, ada):
    client, address = as_user(ada), f"/faces/{faces[0].pk}/"
    mark = "VGG16-test learnt from drawn faces, and this is a photograph"
    assert mark not in words(client, address)
    Coder.objects.filter(kind="model").update(drawn_share=1.0)
    assert mark in words(client, address)
    assert "read by drawings" in words(client, "/")
    told = client.get(f"/api/v1{address}").json()
    assert (told["is_drawn"], told["prediction"]["learnt_from_drawings"]) == (False, True)
    Face.objects.update(is_drawn=True)
    assert mark not in words(client, address)
    told = client.get(f"/api/v1{address}").json()
    assert (told["is_drawn"], told["prediction"]["learnt_from_drawings"]) == (True, False)


def test_only_a_model_tells_how_far_a_face_is(faces):
    coding = make_coding(faces[0])
    with pytest.raises(IntegrityError, match="only_models_tell_doubts"):
        type(coding).objects.filter(pk=coding.pk).update(distance=1.0)
