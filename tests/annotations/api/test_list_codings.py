"""The API's list of codings: whichever condition it is looked up by, it holds what is asked for."""

from __future__ import annotations

from itertools import combinations

import pytest
from rest_framework.test import APIClient

from annotations.codings import coding_lists
from annotations.models import ActionUnitScore, Coding
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db

_ASKED = {
    "emotion": "surprise",
    "au": 12,
    "coder": "CK+",
    "kind": "model",
    "is_accepted": "true",
    "confidence__gte": 0.5,
    "confidence__lt": 0.7,
    "updated_since": "2000-01-01",
}


@pytest.fixture
def codings(db):
    model, other = model_coder(), import_coder("other")
    emotions = ("positive", "surprise", "negative")
    for number in range(12):
        face = make_face()
        present = (12,) if number % 3 else (1, 64)
        make_coding(face, emotion=emotions[number % 2], present=present)
        make_coding(face, other, emotion=emotions[number % 3], truth=False)
        make_coding(face, model, emotion=emotions[number % 2], present=(12, 25))
    first = list(Coding.objects.filter(coder=model).order_by("pk").values_list("pk", flat=True)[:5])
    Coding.objects.filter(pk__in=first).update(confidence=0.6)


def _fits(coding: Coding, asked: dict) -> bool:
    shown = ActionUnitScore.objects.filter(coding=coding, present=True).values_list("au", flat=True)
    sure = coding.confidence
    says = {
        "emotion": lambda it: coding.emotion == it,
        "au": lambda it: it in shown,
        "coder": lambda it: coding.coder.name == it,
        "kind": lambda it: coding.coder_kind == it,
        "is_accepted": lambda it: coding.is_accepted,
        "confidence__gte": lambda it: sure is not None and sure >= it,
        "confidence__lt": lambda it: sure is not None and sure < it,
        "updated_since": lambda it: True,
    }
    return all(says[name](value) for name, value in asked.items())


@pytest.mark.parametrize("few", [0, 5, 1000])
def test_any_two_filters_give_the_codings_that_fulfil_both(codings, few, monkeypatch):
    monkeypatch.setattr(coding_lists, "FEW", few)
    client = APIClient()
    client.force_authenticate(make_user("rita", "reviewer"))
    every = list(Coding.objects.select_related("coder"))
    found_any = 0
    for names in [(), *combinations(_ASKED, 1), *combinations(_ASKED, 2)]:
        asked = {name: _ASKED[name] for name in names}
        answer = client.get("/api/v1/codings/", asked | {"page_size": 100}).json()
        due = [coding.pk for coding in every if _fits(coding, asked)]
        assert [row["id"] for row in answer["results"]] == sorted(due, reverse=True), asked
        found_any += bool(due) and len(due) < len(every)
    assert found_any > 20


@pytest.mark.parametrize("unit", [64, 46])
def test_a_unit_without_a_bit_and_one_that_nobody_saw_are_found_by_their_scores(codings, unit):
    client = APIClient()
    client.force_authenticate(make_user("rita", "reviewer"))
    answer = client.get("/api/v1/codings/", {"au": unit}).json()
    assert len(answer["results"]) == (4 if unit == 64 else 0)
