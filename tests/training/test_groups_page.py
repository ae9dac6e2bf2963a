"""The page of groups: figures, gaps in words, links, and coders for reviewers only."""

import pytest

from tests.factories import make_run, make_version, metrics
from training.ml.coder_checks import CoderAgreement, CoderChecks, UnequalCoder
from training.ml.fairness_figures import (
    Disparity,
    Fairness,
    GroupGap,
    GroupRates,
    TargetRates,
)
from training.ml.interval import Interval
from training.models import FairnessReport

pytestmark = pytest.mark.django_db


def rates(target, value, low, high, **names):
    found = {name: Interval(value, low, high) for name in ("accuracy", *names)}
    return TargetRates(target, 40, 20, found | names)


def group(name, targets, *, dimension="gender", tags=None, subjects=20, enough=True):
    return GroupRates(
        dimension, name, tags or {dimension: name}, 40, subjects, enough, 0.31, targets
    )


FIGURES = Fairness(
    faces=80,
    subjects=47,
    tolerance=0.05,
    looks=12,
    everybody=(rates("emotion", 0.8, 0.7, 0.9), rates("AU12", 0.9, 0.8, 0.95)),
    groups=(
        group("few", (rates("emotion", 1.0, 0.59, 1.0),), subjects=7),
        group("male", (rates("emotion", 0.9, 0.8, 0.95), rates("AU12", 0.6, 0.4, 0.7,
              true_positive_rate=Interval(0.5, 0.3, 0.6)))),
        group("other", (), subjects=2, enough=False),
        group(
            "male, 18-29", (rates("emotion", 0.9, 0.8, 0.95),), dimension="gender × age_group",
            tags={"gender": "male", "age_group": "18-29"},
        ),
    ),
    gaps=(
        GroupGap("gender", "male", "AU12", "true_positive_rate", 0.5,
                 Interval(-0.4, -0.6, -0.2), harm=True),
        GroupGap("gender", "few", "emotion", "accuracy", 1.0, Interval(0.1, -0.1, 0.3)),
    ),
    disparities=(
        Disparity("gender", "AU12", "equalized_odds_difference", Interval(0.4, 0.2, 0.6), 0.5, 0.3,
                  "male", "few", chance=0.25),
        Disparity("gender", "AU12", "accuracy_difference", Interval(0.1, 0.0, 0.2), 0.9, 0.1,
                  "male", "few", chance=0.25),
    ),
)  # fmt: skip
CODERS = CoderChecks(
    looks=9,
    unequal=(UnequalCoder("Ben", "gender", "male", "AU12", -0.3, 40),),
    agreement=(CoderAgreement("Ben", 40, 0.6, -9.0), CoderAgreement("Ada", 40, 0.9, 0.1)),
)


@pytest.fixture
def run():
    version = make_version(champion=True, preprocessing_version=2)
    run = make_run(status="succeeded", metrics=metrics(), version=version)
    FairnessReport.objects.create(run=run, groups=FIGURES.to_json(), coders=CODERS.to_json())
    return run


def test_a_few_subjects_without_an_error_dont_come_first(as_user, ada, run):
    board = as_user(ada).get(f"/training/{run.pk}/groups/").context["board"]
    gender = board.sections[0]
    assert [dot.label for dot in gender.dots] == ["male", "few"]
    assert [dot.label for dot in gender.too_few] == ["other"]
    assert board.target == "emotion"


def test_gaps_are_told_in_words_and_every_group_leads_to_its_faces(as_user, ada, boss, run):
    page = as_user(boss).get(f"/training/{run.pk}/groups/?target=AU12&figure=true_positive_rate")
    text = " ".join(page.content.decode().split())
    for words in (
        "served less well, by 20 points at least",
        "cannot be told from chance",
        "more than chance makes",
        "Pictures were found, turned and cropped by version 2",
        "31 points",
    ):
        assert words in text
    scope = f"&amp;model={run.version.coder_id}&amp;split=test"
    assert f'href="/?gender=male&amp;age_group=18-29{scope}"' in text
    assert f'href="/?gender=male&amp;au=12&amp;au_model_absent=12{scope}"' in text  # missed
    assert "gender=" not in as_user(ada).get(f"/training/{run.pk}/groups/").content.decode()
    odd = as_user(ada).get(f"/training/{run.pk}/groups/?target=x&figure=y").context["board"]
    assert (odd.target, odd.figure) == ("emotion", "accuracy")


def test_a_run_of_before_says_so(as_user, ada):
    old = make_run(status="succeeded", metrics=metrics())
    text = as_user(ada).get(f"/training/{old.pk}/groups/").content.decode()
    assert "Groups were not measured" in text
    unfinished = make_run(status="failed")
    assert as_user(ada).get(f"/training/{unfinished.pk}/groups/").status_code == 404


def test_only_reviewers_see_coders(as_user, ada, boss, run):
    for person, sees in ((ada, False), (boss, True)):
        text = as_user(person).get(f"/training/{run.pk}/groups/").content.decode()
        assert ("30 points less often of gender male" in " ".join(text.split())) is sees
        answer = as_user(person).get(f"/api/v1/training-runs/{run.pk}/groups/").json()
        assert (answer["coders"] is not None) is sees
        assert answer["groups"]["looks"] == 12
        assert answer["preprocessing_version"] == 2


def test_the_page_takes_a_constant_number_of_queries(
    as_user, ada, run, django_assert_max_num_queries
):
    client = as_user(ada)
    with django_assert_max_num_queries(12):
        client.get(f"/training/{run.pk}/groups/")


def test_a_run_without_figures_of_groups_is_missing_from_the_api(as_user, ada):
    old = make_run(status="succeeded", metrics=metrics())
    answer = as_user(ada).get(f"/api/v1/training-runs/{old.pk}/groups/")
    assert answer.status_code == 404
    assert "train again" in answer.json()["detail"]
