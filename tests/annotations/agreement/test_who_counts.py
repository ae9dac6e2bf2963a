"""Whose readings agreement is about: people's own, over all faces or none."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations import facs
from annotations.agreement.report import agreement_report
from annotations.codings.services import human_coder, withdraw
from annotations.models import Coder, Coding
from tests.annotations.agreement.saying import say
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


def report_of(*coders: Coder, **options):
    return agreement_report(Coding.objects.all(), coders, resamples=9, **options)


def unit(report, au: int):
    return next(row for row in report.units if row.key == f"AU{au}")


def rows_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_a_decision_about_the_truth_is_nobodys_vote(pair, boss, as_user):
    face = make_face()
    say(face, pair[0], 12)
    say(face, pair[1], absent=(12,))
    say(face, pair[1], 12, is_independent=False)  # took over what Ada said
    report = report_of(*pair)
    assert unit(report, 12).figure("agreement").value == 0
    assert (report.left_out.decisions, report.left_out.total) == (1, 1)
    page = as_user(boss).get("/agreement/").content.decode()
    assert "1 is a decision about the ground truth" in page
    (*_, row) = rows_of(as_user(boss).get("/agreement.csv"))
    assert row["left_out"] == "1"
    assert "take over what others said" in row["left_out_why"]


def test_who_only_decided_has_no_reading(pair, boss, as_user):
    face = make_face()
    say(face, pair[0], 12)
    say(face, pair[1], 12, is_independent=False)
    page = as_user(boss).get("/agreement/")
    assert page.context["report"].rows == []
    assert "Left out:" in page.content.decode()
    (row,) = rows_of(as_user(boss).get("/agreement.csv"))
    assert (row["of"], row["left_out"]) == ("nothing", "1")


@pytest.mark.parametrize("decision", ["accept_truth", "accept_model", "agree", "correct"])
def test_what_a_reviewer_decides_on_the_page_is_no_vote(decision, pair, ben, as_user):
    face = make_face()
    truth = make_coding(face, import_coder())
    model = make_coding(face, model_coder(), present=(4,), absent=(6, 12))
    say(face, pair[0], 12)
    given = {"decision": decision, "seen": truth.pk, "model": model.pk, "au": ["4"]}
    answer = as_user(ben).post(f"/faces/{face.pk}/review/", given)
    assert answer.status_code in {302, 303}
    assert report_of(*pair).rows == []


def test_blind_only_takes_the_first_coding_though_it_was_withdrawn(pair):
    """Save rubbish, see the truth, undo, code again: the second "blind" one is not taken."""
    face = make_face()
    withdraw(say(face, pair[0], 1, absent=(12,), is_blind=True))
    say(face, pair[0], 12, absent=(1,), is_blind=True)
    say(face, pair[1], 12, absent=(1,), is_blind=True)
    report = report_of(*pair, blind_only=True)
    assert unit(report, 12).figure("agreement").value == 0
    assert (report.by_people, report.blind) == (2, 2)
    assert unit(report_of(*pair), 12).figure("agreement").value == 1


def test_blind_only_leaves_out_who_first_coded_with_open_eyes(pair, boss, as_user):
    face = make_face()
    say(face, pair[0], 12)
    say(face, pair[0], 12, is_blind=True)
    say(face, pair[1], 12, is_blind=True)
    report = report_of(*pair, blind_only=True)
    assert report.rows == []
    assert report.left_out.not_blind == 1
    page = as_user(boss).get("/agreement/?blind=on").content.decode()
    assert "1 was not blind when the face was first coded" in page


def test_the_first_coding_is_the_earliest_whenever_it_was_brought_in(pair):
    face = make_face()
    say(face, pair[0], 12, is_blind=True)
    say(face, pair[1], 12, is_blind=True)
    older = say(face, pair[0], absent=(12,))
    Coding.objects.filter(pk=older.pk).update(created_at=timezone.now() - timedelta(days=9))
    assert report_of(*pair, blind_only=True).left_out.not_blind == 1


def test_units_outside_of_the_models_count_where_both_coded_them(pair):
    assert 9 not in facs.MODEL_ACTION_UNITS
    one, two = make_face(), make_face()
    for face in (one, two):
        say(face, pair[0], 9, 12)
    say(one, pair[1], 9, 12)
    say(two, pair[1], 12)  # AU9 not coded
    report = report_of(*pair)
    assert unit(report, 9).faces == 1
    assert unit(report, 12).faces == 2
    assert report.all_units.figure("wexler").value == 1


def test_nothing_agrees_because_nobody_coded_it(pair):
    face = make_face()
    say(face, pair[0], 12, absent=(4, 9))
    say(face, pair[1], absent=(12,))
    report = report_of(*pair)
    assert [row.key for row in report.rows] == ["units", "AU12"]
    for statistic in ("agreement", "wexler"):
        assert report.all_units.figure(statistic).value == 0


def test_what_cannot_be_seen_is_no_expression(pair):
    face = make_face()
    for coder in pair:
        say(face, coder, 6, 73)
    assert [row.key for row in report_of(*pair).units] == ["AU6"]


def test_the_codes_70_to_74_tell_what_cannot_be_seen():
    assert sorted(facs.VISIBILITY_CODES) == [70, 71, 72, 73, 74]
    assert facs.VISIBILITY_CODES.isdisjoint(facs.MODEL_ACTION_UNITS)


def test_a_coder_without_a_face_in_common_takes_no_part(pair):
    face = make_face()
    for coder in pair:
        say(face, coder, absent=(12,))
    dora = human_coder(make_user("dora", "coder"))
    for _ in range(5):
        say(make_face(), dora, 12)
    report = report_of(*pair, dora)
    assert report.coders == pair
    assert unit(report, 12).prevalence == 0
    assert report.alone == 0


def test_a_face_of_one_coder_counts_for_ac1_alone(pair):
    for number in range(10):
        face = make_face()
        say(face, pair[0], *([12] if number < 6 else []), absent=[] if number < 6 else [12])
        say(face, pair[1], *([12] if number < 4 else []), absent=[] if number < 4 else [12])
    before = unit(report_of(*pair), 12)
    for _ in range(10):
        say(make_face(), pair[0], 12)
    after, report = unit(report_of(*pair), 12), report_of(*pair)
    assert (report.faces, report.alone, after.faces) == (10, 10, 10)
    assert before.figure("ac1").value == pytest.approx(0.60)
    assert after.figure("ac1").value == pytest.approx(0.68)
    for statistic in ("agreement", "kappa", "alpha", "wexler"):
        assert after.figure(statistic) == before.figure(statistic)
