"""`manage.py load_test_data`: what it writes is what the product would have written."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from annotations.codings.reading import reading_of
from annotations.codings.selectors import default_coder
from annotations.models import ActionUnitScore, Coding, Face, Flag, Review, Subject
from facsweb.load_test import fill as filling
from tests.factories import assert_bits_are_scores, make_coding, make_face

pytestmark = pytest.mark.django_db


def load(faces: int, **options) -> None:
    call_command("load_test_data", faces=faces, pictures=0, **options)


def test_every_face_has_three_codings_with_scores_that_agree_with_their_bits(monkeypatch):
    monkeypatch.setattr(filling, "BLOCK", 40)  # so that two whole copies and a part are made
    load(100)
    assert Face.objects.count() == 100
    codings = Coding.objects.values("face").annotate(number=Count("pk"))
    assert set(codings.values_list("number", flat=True)) == {3}
    assert set(Coding.objects.values_list("coder_kind", flat=True)) == {"human", "import", "model"}
    assert_bits_are_scores()
    for coding in Coding.objects.prefetch_related("scores"):
        kept, due = coding.least_confidence, reading_of(coding).unit_columns()["least_confidence"]
        assert kept == pytest.approx(due) if due else kept is None
    assert not ActionUnitScore.objects.exclude(coding__coder_kind="model").exclude(probability=None)
    assert Face.objects.unlabelled().count() == 5
    assert default_coder().name == "load-test-model"
    assert Face.objects.flagged().count() == Flag.objects.count() == 3
    assert Review.objects.filter(result__face=100 + Face.objects.first().pk - 1).exists()
    assert not Subject.objects.filter(faces=None)[40:]


def test_rows_that_come_later_find_free_ids_and_a_second_call_adds_to_the_first():
    load(20)
    load(20)
    assert Face.objects.count() == 40
    make_coding(make_face())


def test_a_database_with_real_faces_is_left_alone_unless_told():
    make_face()
    with pytest.raises(CommandError, match="1 faces that no load test made"):
        load(20)
    assert Face.objects.count() == 1
    load(20, beside_others=True)
    assert Face.objects.count() == 21
