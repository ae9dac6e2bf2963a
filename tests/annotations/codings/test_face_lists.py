"""A list that is read along an index holds the faces that its query means, whatever the way."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from annotations.codings import face_lists
from annotations.codings.face_lists import faces_of, neighbours, page_of
from annotations.codings.face_query import FaceQuery
from annotations.codings.face_ways import ways
from annotations.models import Coder, Coding, Face, Flag
from facsweb.rest.counted import Counted
from tests.factories import make_coding, make_face, make_subject, model_coder

pytestmark = pytest.mark.django_db

#: One or two of each kind of condition, and every pair of them is asked.
CONDITIONS = {
    "emotion": "positive", "units": (12,), "absent_units": (12,), "is_unlabelled": True,
    "is_flagged": True, "groups": (("gender", "female"),), "coder_name": "CK+",
    "subject": "S900", "differs": True, "model_emotion": "positive", "model_unit": 12,
    "model_absent_unit": 1, "unit_probability": (12, 0.5, 1.0), "split": "test",
    "is_new_to_model": True, "quality": "blurred", "confidence_from": 0.5,
}  # fmt: skip


@pytest.fixture
def faces(ben):
    """Faces of which no two are said to be quite alike, by a seed."""
    draw, model = random.Random(4), model_coder()
    made = []
    for number in range(24):
        subject = make_subject(f"S9{number % 3:02d}", gender=["female", "male", ""][number % 3])
        face = make_face(subject)
        made.append(face)
        for coder in (None, model):
            if draw.random() < 0.2:
                continue
            present = tuple(draw.sample((1, 2, 12, 46), 2))
            absent = tuple(au for au in (1, 2, 12) if au not in present)
            more = {"split": draw.choice(["test", ""]), "quality": draw.choice(["good", "blurred"])}
            emotion = draw.choice(["positive", "negative"])
            make_coding(
                face, coder, emotion=emotion, present=present, absent=absent,
                **(more if coder else {}),
            )  # fmt: skip
        if number % 5 == 0:
            Flag.objects.bulk_create([Flag(face=face, user=ben, comment="?")] * 1)
            Flag.objects.create(face=face, user=ben, comment="again")
    return made


@pytest.mark.parametrize("few", [0, 1000])
def test_every_pair_of_conditions_is_read_as_it_is_asked(faces, ben, few, monkeypatch):
    monkeypatch.setattr(face_lists, "FEW", few)  # 0: along an index; 1000: from those few
    model = model_coder()
    asked = [{}, *({name: value} for name, value in CONDITIONS.items())]
    asked += [dict(pair) for pair in combinations(CONDITIONS.items(), 2)]
    found = 0
    for conditions in asked:
        query = FaceQuery(model=model, **conditions)
        due = sorted(query.apply(Face.objects.all(), ben).order_by().values_list("pk", flat=True))
        listed = faces_of(query, Face.objects.all(), ben)
        assert listed.after(0, 100) == due, conditions
        assert listed.last(3) == due[-3:], conditions
        assert listed.before(faces[12].pk, 2) == [pk for pk in due if pk < faces[12].pk][-2:]
        assert listed.count() == Counted(len(due)), conditions
        found += bool(due)
    assert found > 80


def test_every_condition_but_rare_ones_has_a_way():
    """A condition without one is looked for face by face: name it here, and say why."""
    without = {
        "absent_units",  # most faces lack most units
        "model_absent_unit",
    }
    model = Coder(name="m", pk=1)
    for name, value in CONDITIONS.items():
        assert bool(list(ways(FaceQuery(model=model, **{name: value})))) == (name not in without)


def test_numbers_stop_where_enough_is_counted_and_looked_at(faces, ben, monkeypatch):
    monkeypatch.setattr(face_lists, "FEW", 0)
    monkeypatch.setattr(face_lists, "_LOOKED_AT", 6)
    query = FaceQuery(model=model_coder(), model_emotion="positive", absent_units=(1,))
    listed = faces_of(query, Face.objects.all(), ben)
    some = listed.count()
    assert some.is_more
    assert some.number < len(listed.after(0, 100))
    place = neighbours(faces_of(FaceQuery(), Face.objects.all(), ben), faces[20].pk)
    assert (place.previous, place.next) == (faces[19].pk, faces[21].pk)
    assert place.position == "21"


def test_a_face_that_left_the_list_keeps_its_place_in_it(faces, ben):
    query = FaceQuery(emotion="positive")
    listed = faces_of(query, Face.objects.all(), ben)
    first, second, third = listed.after(0, 3)
    Coding.objects.filter(face=second).update(is_accepted=False)
    place = neighbours(faces_of(query, Face.objects.all(), ben), second)
    assert (place.previous, place.next, place.position) == (first, third, "2")


def test_what_somebody_has_yet_to_code_blind_is_on_no_page_and_in_no_number(faces, ada, ben):
    Coder.objects.create(kind="human", name="ada", user=ada, codes_blind=True)
    for name, value in CONDITIONS.items():
        query = FaceQuery(model=model_coder(), **{name: value})
        if not query.tells_of_readings or name == "groups":  # ben may not know of tags
            continue
        listed = faces_of(query, Face.objects.all(), ada)
        assert page_of(listed, 48).ids == [], name
        assert listed.count() == Counted(0), name
        assert faces_of(query, Face.objects.all(), ben).after(0, 1), name
