"""Each order: which faces, in which order, for which reason."""

import pytest

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, human_coder, make_truth
from annotations.facs import EMOTIONS
from annotations.models import Face
from annotations.queues.errors import InvalidQueue
from annotations.queues.orders import Order, rank
from tests.factories import import_coder, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


def truth(face, emotion="positive", units=None, basic=""):
    scores = {au: Score(present) for au, present in (units or {12: True}).items()}
    reading = Reading(emotion, scores, basic_emotion=basic)
    make_truth(add_coding(face, import_coder(), reading))


def reads(face, emotions, units=None):
    """The model's coding: its probabilities of negative, positive, surprise, and of units."""
    chances = dict(zip(("negative", "positive", "surprise"), emotions, strict=True))
    scores = {
        au: Score(chance >= 0.5, probability=chance) for au, chance in (units or {12: 0.99}).items()
    }
    reading = Reading(max(chances, key=chances.get), scores, emotion_probabilities=chances)
    add_coding(face, model_coder(), reading)


@pytest.fixture
def faces():
    return [make_face() for _ in range(4)]


def ranked(order, target="", seed=1):
    return rank(order, Face.objects.all(), coder=model_coder(), target=target, seed=seed)


def places(order, faces, target="", seed=1):
    at = {face.pk: number for number, face in enumerate(faces)}
    return [at[each.face_id] for each in ranked(order, target, seed)]


def test_disagreements_come_by_confidence(faces):
    for face, chance in zip(faces, (0.6, 0.9, 0.2, 0.97), strict=True):
        truth(face)
        reads(face, (chance, 1 - chance, 0.0))
    assert places(Order.DISAGREEMENT, faces, "emotion") == [3, 1, 0]
    assert ranked(Order.DISAGREEMENT)[0].reason == (
        "Truth says positive, the model says negative with 97 %."
    )
    assert places(Order.DISAGREEMENT, faces, "au:12") == []


def test_disagreement_on_one_unit(faces):
    for face, chance in zip(faces, (0.1, 0.7, 0.9, 0.4), strict=True):
        truth(face, units={12: False})
        reads(face, (0, 1, 0), {12: chance})
    assert places(Order.DISAGREEMENT, faces, "au:12") == [2, 1]
    reason = ranked(Order.DISAGREEMENT, "au:12")[0].reason
    assert reason == "Truth says AU12 is absent, the model says present with 90 %."


def test_a_person_is_asked_what_the_model_cannot_tell(faces):
    told = [
        ({"emotions": ["negative", "positive"], "unsure": [4, 12]}, 0.5),
        ({"emotions": ["negative"], "unsure": []}, 1.4),
        ({"emotions": ["positive"], "unsure": []}, 0.9),
        ({"emotions": list(EMOTIONS), "unsure": []}, None),
    ]
    for face, (sets, far) in zip(faces, told, strict=True):
        origin = Provenance(distance=far, sets=sets)
        add_coding(face, model_coder(), Reading("negative"), origin)
    assert places(Order.ASK_A_PERSON, faces) == [1, 0, 3]
    assert places(Order.ASK_A_PERSON, faces, "emotion") == [1, 3, 0]
    assert places(Order.ASK_A_PERSON, faces, "au:12") == [1, 0]
    assert [each.reason for each in ranked(Order.ASK_A_PERSON)] == [
        "Unlike the faces that the model learnt from (1.40 times the limit).",
        "It can’t tell negative from positive. It can’t say whether AU4, AU12 are present.",
        "It can’t tell negative and positive from surprise.",
    ]


def test_no_person_is_asked_for_a_model_that_never_says_what_it_cannot_tell(faces):
    reads(faces[0], (0.4, 0.3, 0.3))
    with pytest.raises(InvalidQueue, match="train again"):
        ranked(Order.ASK_A_PERSON)


def test_uncertain_faces_come_by_entropy(faces):
    for face, chances in zip(
        faces, ((0.9, 0.1, 0), (0.4, 0.3, 0.3), (0.5, 0.5, 0), (1, 0, 0)), strict=True
    ):
        reads(face, chances, {12: 0.98})
    assert places(Order.UNCERTAINTY, faces, "emotion") == [1, 2, 0, 3]
    assert "torn: negative 40 %" in ranked(Order.UNCERTAINTY)[0].reason
    reads(extra := make_face(), (1, 0, 0), {12: 0.5})
    best = ranked(Order.UNCERTAINTY, "au:12")[0]
    assert (best.face_id, best.reason) == (
        extra.pk, "The model is unsure of AU12: present with 50 %."
    )  # fmt: skip


def test_suspected_errors_name_the_rules_they_break(faces):
    truth(faces[0], "positive", {12: True})
    truth(faces[1], "positive", {12: False, 17: True}, basic="happy")
    truth(faces[2], "positive", {12: True})
    for face, chances in zip(faces, ((0.1, 0.9, 0), (0.9, 0.1, 0), (0.8, 0.2, 0)), strict=False):
        reads(face, chances, {12: 0.9, 17: 0.9})
    assert places(Order.LABEL_ERRORS, faces, "emotion") == [1, 2]
    reason = ranked(Order.LABEL_ERRORS, "emotion")[0].reason
    assert "Labelled positive; the model reads negative with 90 %." in reason
    assert "AU17 without a negative emotion (in CK+ 0 of 114)" in reason
    assert "happy without AU12" in reason
    assert "AU12 is labelled absent" in ranked(Order.LABEL_ERRORS, "au:12")[0].reason


def test_rare_units_come_first(faces):
    truth(faces[0], units={12: True, 25: True})
    truth(faces[1], units={12: True, 11: True})
    reads(faces[2], (1, 0, 0), {12: 0.9, 11: 0.1})  # no truth: the model's reading counts
    assert places(Order.RAREST_AU, faces) == [0, 1, 2]
    assert ranked(Order.RAREST_AU)[1].reason == "AU11 is present: 1 of 4 faces show it."
    assert places(Order.RAREST_AU, faces, "au:25") == [0]


def test_least_coded_counts_people(faces, ada, ben):
    make_coding(faces[0], human_coder(ada), truth=False)
    make_coding(faces[0], human_coder(ada), emotion="negative", truth=False)
    make_coding(faces[2], human_coder(ada), truth=False)
    make_coding(faces[2], human_coder(ben), truth=False)
    assert places(Order.LEAST_CODED, faces) == [1, 3, 0, 2]
    reasons = [each.reason for each in ranked(Order.LEAST_CODED)]
    assert reasons == ["Coded by nobody yet."] * 2 + ["Coded by one person.", "Coded by 2 people."]


def test_a_draw_depends_on_its_seed_alone():
    faces = [make_face() for _ in range(20)]
    first = places(Order.RANDOM, faces, seed=1)
    assert first == places(Order.RANDOM, faces, seed=1)
    assert first != places(Order.RANDOM, faces, seed=2)
    backwards = rank(Order.RANDOM, Face.objects.order_by("-pk"), coder=None, target="", seed=1)
    assert [each.face_id for each in backwards] == [each.face_id for each in ranked(Order.RANDOM)]


@pytest.mark.parametrize("order", [Order.DISAGREEMENT, Order.UNCERTAINTY, Order.LABEL_ERRORS])
def test_an_order_that_needs_a_model_says_so(order, faces):
    with pytest.raises(InvalidQueue, match="no model is trained yet"):
        rank(order, Face.objects.all(), coder=None, target="", seed=1)


@pytest.mark.parametrize("target", ["au:99", "au:x", "mood"])
def test_a_target_that_nobody_knows_is_refused(target, faces):
    with pytest.raises(InvalidQueue):
        ranked(Order.DISAGREEMENT, target)


def test_faces_that_nobody_read_are_left_out(faces):
    assert ranked(Order.DISAGREEMENT) == ranked(Order.UNCERTAINTY) == []
    assert ranked(Order.LABEL_ERRORS) == ranked(Order.RAREST_AU) == []


@pytest.mark.parametrize("order", Order.values)
def test_queries_do_not_grow_with_faces(order, faces, django_assert_max_num_queries):
    for face in faces:
        truth(face)
        reads(face, (0.6, 0.4, 0))
    model = model_coder()
    model.codings.update(distance=0.5)
    with django_assert_max_num_queries(5):
        rank(order, Face.objects.all(), coder=model, target="", seed=1)
