"""The dashboard says how good the model is, and where nobody can know."""

import pytest

from annotations.codings.snapshots import take_snapshot
from tests.factories import make_run, make_version, metrics

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return make_run(status="succeeded", metrics=metrics(), version=make_version(champion=True))


def test_dashboard_shows_figures_flags_and_groups(as_user, ada, run):
    text = as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    for words in (
        "81 %",
        "Always saying “negative” would reach 55 %",
        "Without AU11",
        "too few to say",
        "Only 2 faces of the test split show AU11.",
        "too few to judge",
        "classification report",
    ):
        assert words.lower() in text.lower()
    assert "good to be true" not in text


def test_every_number_leads_to_its_faces(as_user, ada, boss, run):
    assert "gender=" not in as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    text = as_user(boss).get(f"/training/{run.pk}/dashboard/").content.decode()
    scope = f"&amp;model={run.version.coder_id}&amp;split=test"
    for query in (
        "emotion=negative&amp;emotion_model=positive",
        "emotion=surprise",
        "au=12",
        "gender=female",
    ):
        assert f'href="/?{query}{scope}"' in text
    every = as_user(ada).get(f"/training/{run.pk}/dashboard/?split=all").content.decode()
    assert f'href="/?au=12&amp;model={run.version.coder_id}"' in every


def test_numbers_lead_to_the_faces_of_the_runs_snapshot(as_user, ada, run):
    snapshot = take_snapshot([])
    run.snapshot = snapshot
    run.save(update_fields=["snapshot"])
    scope = f"&amp;model={run.version.coder_id}&amp;snapshot={snapshot.pk}&amp;split=test"
    for page, query in (
        ("dashboard", "emotion=negative&amp;emotion_model=positive"),
        ("figures", "au_absent=12&amp;au_model_absent=12"),
    ):
        text = as_user(ada).get(f"/training/{run.pk}/{page}/").content.decode()
        assert f'href="/?{query}{scope}"' in text
        assert "as they are labelled now" not in text


@pytest.mark.parametrize("page", ["dashboard", "figures", "curves", "balance", "groups"])
def test_figures_name_the_preprocessing_that_made_the_crops(as_user, ada, page):
    version = make_version(preprocessing_version=7)
    run = make_run(status="succeeded", metrics=metrics(), version=version)
    text = as_user(ada).get(f"/training/{run.pk}/{page}/").content.decode()
    assert "preprocessing 7" in text


def test_units_can_be_sorted(as_user, ada, run):
    page = as_user(ada).get(f"/training/{run.pk}/dashboard/?sort=best")
    assert [dot.label for dot in page.context["board"].units] == ["AU12", "AU11"]
    odd = as_user(ada).get(f"/training/{run.pk}/dashboard/?sort=x&split=all")
    assert odd.context["board"].split == "all"


def test_figures_of_a_model_that_is_gone_have_no_links(as_user, ada):
    run = make_run(status="succeeded", metrics=metrics())
    text = as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    assert 'href="/?' not in text


def test_out_of_fold_figures_point_to_the_test(as_user, ada, run):
    answer = as_user(ada).get(f"/training/{run.pk}/dashboard/?split=validation")
    assert "better judges" in answer.content.decode()


def test_cross_validation_has_one_split_and_tells_its_calibration(as_user, ada):
    calibration = {"emotion": {"before": 0.12, "after": 0.03}}
    run = make_run(
        status="succeeded",
        metrics=metrics(cross_validated=True, calibration=calibration),
        version=make_version(),
    )
    text = as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    assert "cross-validation" in text
    assert "12 % before calibration" in text
    assert "?split=" not in text


def test_split_without_figures_says_so(as_user, ada, run):
    answer = as_user(ada).get(f"/training/{run.pk}/dashboard/?split=validation")
    assert "Nothing was measured" in answer.content.decode()


def test_unknown_split_falls_back_to_test(as_user, ada, run):
    answer = as_user(ada).get(f"/training/{run.pk}/dashboard/?split=nonsense")
    assert answer.context["board"].split == "test"


def test_latest_dashboard_is_the_champions(as_user, ada, run):
    make_run(status="succeeded", metrics=metrics())
    assert as_user(ada).get("/dashboard/")["Location"] == f"/training/{run.pk}/dashboard/"


def test_without_figures_the_dashboard_says_how_to_get_them(as_user, ada):
    run = make_run(status="failed", error="disk full")
    assert "No figures yet" in as_user(ada).get("/dashboard/").content.decode()
    assert as_user(ada).get(f"/training/{run.pk}/dashboard/").status_code == 404


def test_cleo_finds_no_dashboard(as_user, cleo, run):
    assert as_user(cleo).get("/dashboard/").status_code == 404
    assert as_user(cleo).get(f"/training/{run.pk}/dashboard/").status_code == 404


YARDSTICK = {
    "faces": 54, "subjects": 13, "majority_class": "negative",
    "readers": {
        "prior": {
            "accuracy": {"value": 0.8, "low": 0.7, "high": 0.9},
            "macro_f1": {"value": 0.5, "low": 0.4, "high": 0.6},
            "accuracy_gain": {"value": 0.01, "low": -0.05, "high": 0.07},
            "macro_f1_gain": {"value": 0.27, "low": 0.2, "high": 0.34},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("page", ["dashboard", "figures"])
def test_what_training_gained_stands_beside_the_figures(as_user, ada, page):
    run = make_run(status="succeeded", metrics=metrics(yardstick=YARDSTICK), version=make_version())
    text = as_user(ada).get(f"/training/{run.pk}/{page}/").content.decode()
    for words in ("What training gained", "zero-shot", "FER-2013", "+0.27 (+0.20 to +0.34)"):
        assert words in text
    assert text.count("not above it") == 1  # by accuracy, not by macro F1
    other = as_user(ada).get(f"/training/{run.pk}/{page}/?split=validation").content.decode()
    assert "What training gained" not in other  # it is of the test faces


def test_a_prior_that_wasnt_asked_is_said_to_be_missing_and_why(as_user, ada, run):
    text = as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    assert "before the prior was asked" in text
    run.metrics = metrics(yardstick={"faces": 54, "why_not": "not measured (make weights)"})
    run.save(update_fields=["metrics"])
    text = as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    assert "make weights" in text


def test_average_precision_stands_beside_f1_and_rare_units_have_neither(as_user, ada):
    area = {"average_precision": {"value": 0.83, "low": 0.7, "high": 0.9}}
    given = metrics()
    for unit in given["test"]["action_units"]["per_au"].values():
        unit["intervals"] = area
    run = make_run(status="succeeded", metrics=given)
    text = as_user(ada).get(f"/training/{run.pk}/dashboard/").content.decode()
    assert text.count("AP 0.83") == 1  # of AU12; AU11 shows on two faces


PROMISES = {
    "coverage": 0.9,
    "emotions": {
        "negative": {"value": 0.93, "low": 0.89, "high": 0.97, "faces": 30, "subjects": 12},
        "surprise": {"value": 0.7, "low": 0.6, "high": 0.8, "faces": 20, "subjects": 11},
    },
    "single": {"value": 0.81, "low": 0.7, "high": 0.9, "faces": 54, "subjects": 13},
    "single_right": {"value": 0.96, "low": 0.9, "high": 1.0, "faces": 40, "subjects": 13},
    "units": {
        "12": {
            "present": {"value": 0.91, "low": 0.8, "high": 1.0, "faces": 14, "subjects": 10},
            "absent": {"value": 0.92, "low": 0.86, "high": 0.97, "faces": 40, "subjects": 13},
            "unsure": {"value": 0.07, "low": 0.02, "high": 0.1, "faces": 54, "subjects": 13},
        }
    },
    "alarms": 0.05,
    "alarm": {"value": 0.04, "low": 0.01, "high": 0.08, "faces": 54, "subjects": 22},
}


def test_what_is_promised_stands_beside_what_was_observed(as_user, ada):
    version = make_version(champion=True)
    run = make_run(status="succeeded", metrics=metrics(promises=PROMISES), version=version)
    client = as_user(ada)
    page = " ".join(client.get(f"/training/{run.pk}/figures/").content.decode().split())
    assert page.count("not kept") == 1, "of surprise, whose interval ends below the promise"
    assert "All emotions but one are excluded on 81 % of faces" in page
    assert "at most 5 %" in page
    assert "Lip corner puller".lower() in page.lower()
    board = client.get(f"/training/{run.pk}/dashboard/").content.decode()
    assert "One emotion left" in board
    card = client.get(f"/models/{version.pk}/card/").content.decode()
    assert "93 % (89 % to 97 %)" in card
    assert "AU12 absent" in card
    told = client.get(f"/api/v1/training-runs/{run.pk}/").json()["metrics"]["promises"]
    assert told == PROMISES
