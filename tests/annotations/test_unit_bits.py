"""The columns in which a coding keeps its scores once more, and the filters that ask them."""

from importlib import import_module

import pytest
from django.apps import apps

from annotations.codings.face_query import FaceQuery
from annotations.codings.snapshots import read_truths, take_snapshot
from annotations.models import Coding, Face
from tests.factories import bits_by_scores, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


def bits():
    return {row.pk: (row.units_present, row.units_absent) for row in Coding.objects.all()}


def test_bits_are_the_scores_and_the_migration_writes_the_same():
    make_coding(make_face(), present=(1, 12, 62), absent=(2, 64))
    make_coding(make_face(), present=(), absent=())
    written = bits()
    assert written == bits_by_scores()
    assert len(set(written.values())) == 2
    Coding.objects.update(units_present=7, units_absent=7)
    import_module("annotations.migrations.0008_unit_bits").fill(apps, None)
    assert bits() == written


@pytest.mark.parametrize("au", [12, 62, 64])  # the last has no bit
@pytest.mark.parametrize("then", [False, True])
def test_a_unit_is_found_in_the_one_truth_or_reading(ben, au, then):
    model, faces = model_coder(), [make_face(), make_face()]
    for face, last in zip(faces, [((au, 1), ()), ((1,), (au,))], strict=True):
        make_coding(face, present=last[1], absent=last[0])  # taken over by the next
        make_coding(face, present=last[0], absent=last[1])
        make_coding(face, model_coder("VGG16-other"), present=last[1], absent=last[0])
        make_coding(face, model, present=last[0], absent=last[1], split="test", quality="good")
    shown, absent = faces
    snapshot = take_snapshot(read_truths(Coding.objects.accepted())) if then else None

    def found(**asked):
        query = FaceQuery(model=model, snapshot=snapshot, **asked)
        return list(query.apply(Face.objects.all(), ben))

    assert found(units=(au,)) == found(units=(au, 1)) == found(model_unit=au, split="test")
    assert found(units=(au,)) == [shown]
    assert found(absent_units=(au,), units=(1,)) == found(model_absent_unit=au) == [absent]
    assert found(units=(au,), model_absent_unit=au) == []
    assert found(model_unit=au, split="validation") == []
    assert found(split="test", is_new_to_model=True) == []
    assert found(split="test", quality="good", model_emotion="positive") == faces
