"""The report reads the right codings, and its figures are those of statistics.py."""

import random

import numpy as np
import pytest

from annotations.agreement.report import agreement_report
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, withdraw
from annotations.models import Coder, Coding
from tests.annotations.agreement.formulas import (
    cohen_kappa,
    gwet_ac1,
    icc_2_1,
    krippendorff_alpha,
    percent_agreement,
    prevalence,
    wexler_ratio,
)
from tests.factories import import_coder, make_face, make_subject

pytestmark = pytest.mark.django_db


def report_of(*coders: Coder, **options):
    return agreement_report(Coding.objects.all(), coders, **options)


def code(face, coder, *, blind=False, emotion="positive", **scores: str) -> Coding:
    """`AU6="C"` present at C, `AU6="+"` present without a letter, `AU6="-"` absent."""
    given = {
        int(unit[2:]): Score(what != "-", intensity=what if what in "ABCDE" else "")
        for unit, what in scores.items()
    }
    return add_coding(face, coder, Reading(emotion, given), Provenance(is_blind=blind))


def faces(count: int) -> list:
    subjects = [make_subject() for _ in range(max(count // 2, 1))]
    return [make_face(subjects[number % len(subjects)]) for number in range(count)]


def test_figures_are_those_of_the_statistics(pair):
    draw, said = random.Random(3), []
    for face in faces(24):
        said.append([draw.choice("ABCDE-") for _ in pair])
        for coder, what in zip(pair, said[-1], strict=True):
            code(face, coder, AU12=what)
    row = report_of(*pair).units[0]
    levels = np.array([["-ABCDE".index(what) for what in line] for line in said], float)
    present = (levels > 0).astype(float)
    expected = {
        "agreement": percent_agreement(present),
        "kappa": cohen_kappa(present),
        "ac1": gwet_ac1(present),
        "alpha": krippendorff_alpha(present),
        "wexler": wexler_ratio(present),
        "icc": icc_2_1(levels),
    }
    assert {name: row.figure(name).value for name in expected} == pytest.approx(expected)
    assert row.prevalence == pytest.approx(prevalence(present))
    for name in expected:
        assert row.figure(name).low <= row.figure(name).value <= row.figure(name).high


def test_the_same_data_give_the_same_report(pair):
    for number, face in enumerate(faces(8)):
        code(face, pair[0], AU12="+" if number % 2 else "-")
        code(face, pair[1], AU12="+" if number % 3 else "-")
    assert report_of(*pair).units[0].figures["kappa"] == report_of(*pair).units[0].figures["kappa"]


def test_coders_without_a_common_face(pair):
    one, two = faces(2)
    code(one, pair[0], AU12="+")
    code(two, pair[1], AU12="+")
    report = report_of(*pair)
    assert (report.rows, report.faces, report.coders) == ([], 0, ())


def test_a_coding_without_every_letter_gives_no_intensity(pair):
    """Else its zeros would stay while its letterless agreements are dropped."""
    graded, letterless = faces(2)
    for coder in pair:
        code(graded, coder, AU6="C", AU12="-")
    code(letterless, pair[0], AU6="+", AU12="-")
    code(letterless, pair[1], AU6="C", AU12="D")
    report = report_of(*pair)
    assert report.intensity.faces == 1
    assert [row.graded for row in report.units] == [1, 1]
    assert [row.faces for row in report.units] == [2, 2]


def test_a_coder_who_gives_no_letters_has_no_intensity(pair):
    for face in faces(4):
        for coder in pair:
            code(face, coder, AU12="-")
    assert report_of(*pair).intensity is None


def test_the_latest_coding_counts_unless_withdrawn(pair):
    (face,) = faces(1)
    code(face, pair[0], AU12="+")
    code(face, pair[1], AU12="-")
    later = code(face, pair[1], AU12="+")
    assert report_of(*pair).units[0].figure("agreement").value == 1
    withdraw(later)
    assert report_of(*pair).units[0].figure("agreement").value == 0


def test_blind_codings_count_though_superseded(pair):
    (face,) = faces(1)
    code(face, pair[0], blind=True, AU12="+")
    code(face, import_coder(), AU12="-")
    code(face, pair[0], AU12="-")
    coders = (pair[0], import_coder())
    assert report_of(*coders).units[0].figure("agreement").value == 1
    report = report_of(*coders, blind_only=True)
    assert report.units[0].figure("agreement").value == 0
    assert (report.by_people, report.blind) == (1, 1)


def test_what_one_coder_left_uncoded_is_no_disagreement(pair):
    (face,) = faces(1)
    code(face, pair[0], emotion="", AU6="+", AU12="+")
    code(face, pair[1], AU12="+")
    report = report_of(*pair)
    assert [row.key for row in report.units] == ["AU12"]
    assert report.emotion is None
    assert report.all_units.figure("wexler").value == 1


def test_pairs_weigh_by_the_faces_they_share(pair):
    """Ada and Ben alike on nine faces; CK+ against Ada on one of them: not half the figure."""
    shared = faces(9)
    for face in shared:
        for coder in pair:
            code(face, coder, AU12="+")
    code(shared[0], import_coder(), AU12="-")
    report = report_of(*pair, import_coder())
    assert len(report.pairs) == 3
    assert report.all_units.figure("wexler").value == pytest.approx(9 / 11)
