"""A report in parts says what a report of everything at once says, whatever was coded."""

import random
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from annotations import facs
from annotations.agreement import tally
from annotations.agreement.report import agreement_report
from annotations.agreement.rows import read_rows
from annotations.agreement.standing import standing
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, human_coder, withdraw
from annotations.models import Coder, Coding
from tests.cast import make_user
from tests.factories import import_coder, make_face, make_subject, model_coder

pytestmark = pytest.mark.django_db

#: Units with and without a bit, and one that says what can't be seen.
_AUS = (1, 12, 9, 64, 73)


@pytest.fixture
def coders(db):
    """Three people, of whom one shares no face with anybody, an import and a model."""
    draw = random.Random(3)
    people = [human_coder(make_user(name, "coder")) for name in ("eve", "finn", "gus")]
    everybody = [*people[:2], import_coder(), model_coder()]
    subjects = [make_subject() for _ in range(9)]
    for number in range(45):
        face = make_face(draw.choice(subjects))
        for coder in [people[2]] if number % 9 == 0 else everybody:
            times = draw.choice((0, 1, 1, 2, 3)) if coder.kind == "human" else draw.choice((0, 1))
            for _ in range(times):
                _code(face, coder, draw)
    return [*people, *everybody[2:]]


def _code(face, coder, draw):
    by_hand = coder.kind == "human"
    scores = {}
    for au in _AUS:
        if draw.random() < 0.7:
            present = draw.random() < 0.5
            graded = present and by_hand and draw.random() < 0.9
            scores[au] = Score(present, draw.choice("ABCDE") if graded else "")
    emotion = draw.choice(("", *facs.EMOTIONS))
    if not (emotion or scores):
        return
    blind = by_hand and draw.random() < 0.5
    kind = Provenance(is_blind=blind, is_independent=blind or not by_hand or draw.random() < 0.7)
    coding = add_coding(face, coder, Reading(emotion, scores), kind)
    # An import may bring in older ones.
    at = timezone.now() + timedelta(hours=draw.randrange(-5, 5))
    Coding.objects.filter(pk=coding.pk).update(created_at=at)
    if draw.random() < 0.15:
        withdraw(coding)


@pytest.mark.parametrize("blind_only", [False, True])
def test_arrays_choose_the_codings_that_the_rule_chooses(coders, blind_only):
    said, left_out = standing(Coding.objects.all(), blind_only=blind_only)
    rows, passed_over = read_rows(Coding.objects.all(), blind_only=blind_only)
    assert sorted(rows.pk.tolist()) == [one.pk for one in said]
    assert passed_over == left_out
    assert left_out.decisions and bool(left_out.not_blind) == blind_only
    assert (np.diff(rows.subject) >= 0).all()


@pytest.mark.parametrize("blind_only", [False, True])
def test_parts_add_up_to_the_whole(coders, blind_only, monkeypatch):
    def report():
        return agreement_report(Coding.objects.all(), coders, blind_only=blind_only, resamples=20)

    whole = report()
    monkeypatch.setattr(tally, "AT_ONCE", 3)
    # Sums of thirds differ in the last digit by the order in which they are added.
    _assert_alike(report(), whole)
    assert len(whole.coders) == 4  # without the one who coded alone
    assert whole.intensity and whole.intensity.faces
    assert {row.key for row in whole.units} >= {"AU9", "AU12", "AU64"}
    assert "AU73" not in {row.key for row in whole.units}


def _assert_alike(one, other):
    assert type(one) is type(other)
    if isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-12, nan_ok=True)
    elif isinstance(one, Coder) or not (isinstance(one, tuple | dict) or hasattr(one, "__dict__")):
        assert one == other
    else:
        parts = dict(enumerate(one)) if isinstance(one, tuple) else one
        parts = parts if isinstance(parts, dict) else vars(parts)
        others = dict(enumerate(other)) if isinstance(other, tuple) else other
        others = others if isinstance(others, dict) else vars(others)
        assert parts.keys() == others.keys()
        for key, value in parts.items():
            _assert_alike(value, others[key])
