"""What a worker counts of a training's data is what is in the database."""

import numpy as np
import pytest

from annotations.codings.services import human_coder
from annotations.faces.drawings import mark_drawings
from annotations.models import Face, FirstLook, Subject
from annotations.review.context import ReviewContext
from annotations.review.decisions import accept_truth
from annotations.synthetic.generator import generate
from annotations.transfers.import_rows import import_folder
from inference.ml.predictions import Readings
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_face, make_subject
from training.cards.count_data import count_data, drawn_share
from training.making.samples import freeze_truth
from training.ml.data_facts import Doubt, GroupCount, LabelSource, Shown

pytestmark = pytest.mark.django_db


def readings(faces) -> Readings:
    """Sure that each face is positive and shows AU12 alone."""
    emotion = np.tile(np.float32([0.05, 0.9, 0.05]), (len(faces), 1))
    units = np.full((len(faces), 15), 0.05, dtype=np.float32)
    units[:, 6] = 0.95
    return Readings(np.array([face.sha256 for face in faces]), emotion, units, units > 0.5)


def test_counts_are_those_of_the_snapshot(ada, ben, boss, settings, tmp_path):
    settings.DEMO_DATA = tmp_path / "nothing"
    people = [
        make_subject("S1", gender="female", age_group="18-29"),
        make_subject("S2", gender="female", age_group="18-29"),
        make_subject("S3", gender="male"),
    ]
    faces = [make_face(subject) for subject in people for _ in range(2)]
    truths = [make_coding(face) for face in faces[:4]]
    truths.append(make_coding(faces[4], emotion="negative", present=(4,), absent=(12,)))
    make_coding(faces[5], human_coder(ben), emotion="", present=(12,), absent=())
    for coder, emotion in ((ada, "positive"), (ben, "negative")):
        make_coding(faces[0], human_coder(coder), emotion=emotion, truth=False)
    FirstLook.objects.create(user=ada, face=faces[0])
    faces[1].flags.create(user=ada, comment="look")
    accept_truth(ReviewContext(faces[2], boss, seen=truths[2].pk, origin="a test"))
    snapshot, _ = freeze_truth()
    make_coding(make_face(), emotion="surprise")  # after the training began
    Subject.objects.filter(code="S3").update(gender="other")

    facts = count_data(snapshot, readings(faces))

    assert (facts.faces, facts.subjects) == (6, 3)
    assert facts.emotions["positive"] == Shown(4, 2, 1)
    assert facts.emotions["surprise"] == Shown(0, 0, 5)
    assert facts.units[12] == Shown(5, 3, 1)
    assert facts.units[27] == Shown()
    assert facts.groups["gender"] == (GroupCount("female", 4, 2), GroupCount("male", 2, 1))
    assert facts.groups["ethnicity"] == (GroupCount("not recorded", 6, 3),)
    assert (facts.combinations, facts.alone) == (2, 1)
    assert facts.pictures.drawn == 0
    assert facts.pictures.colour_modes == {"greyscale": 6}
    told = facts.labelling
    assert told.sources == (LabelSource("import", "CK+", 1, 5), LabelSource("people", "", 1, 1))
    assert (told.by_people, told.confirmed, told.adjudicated, told.flagged) == (1, 1, 0, 1)
    assert (told.several, told.by_two_people, told.differing) == (1, 1, 1)
    assert told.agreement == ()  # one face is too few
    assert told.emotion == Doubt(5, 1)
    assert told.units[12] == Doubt(6, 1)
    assert facts.privacy.roles == {"queue coder": 0, "coder": 1, "reviewer": 1, "admin": 1}
    assert (facts.privacy.people_shown, facts.privacy.looks) == (1, 1)
    assert type(facts).from_json(facts.to_json()) == facts


def test_agreement_is_of_people_on_the_same_faces(ada, ben):
    faces = [make_face() for _ in range(12)]
    for at, face in enumerate(faces):
        make_coding(face, import_coder(), emotion="negative")
        make_coding(face, human_coder(ada), emotion=["positive", "surprise"][at % 2], truth=False)
        make_coding(face, human_coder(ben), emotion=["positive", "surprise"][at % 2], truth=False)
    told = count_data(freeze_truth()[0], readings(faces)).labelling
    emotion = next(each for each in told.agreement if each.name == "emotion")
    assert (emotion.faces, emotion.subjects, emotion.kappa.value) == (12, 12, 1.0)
    assert told.differing == 12  # from the import


def test_drawings_of_the_demo_are_told_by_their_bytes(settings, tmp_path):
    settings.DEMO_DATA = tmp_path / "demo" / "CK+"
    generate(settings.DEMO_DATA, subjects=1, images=1, processes=1)
    import_folder(settings.DEMO_DATA)
    make_coding(make_face())
    snapshot, _ = freeze_truth()
    drawn = count_data(snapshot, readings(Face.objects.all())).pictures.drawn
    assert (drawn, Face.objects.count(), drawn_share(snapshot)) == (1, 2, 0.5)
    Face.objects.update(is_drawn=False)  # as imported by an earlier facsweb
    assert [mark_drawings(settings.DEMO_DATA) for _ in range(2)] == [1, 0]


def test_the_number_of_queries_is_the_same_for_more_faces(ada, django_assert_max_num_queries):
    make_user("dora", "coder")
    for _ in range(3):
        make_coding(make_face())
    snapshot, _ = freeze_truth()
    with django_assert_max_num_queries(30) as few:
        count_data(snapshot, readings(Face.objects.all()))
    for _ in range(20):
        make_coding(make_face())
    snapshot, _ = freeze_truth()
    with django_assert_max_num_queries(30) as more:
        count_data(snapshot, readings(Face.objects.all()))
    assert len(more) == len(few)
