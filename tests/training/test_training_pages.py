"""Runs: their list, their progress, and who may start and cancel."""

import pytest
from django.utils import timezone

from tests.factories import (
    make_coding,
    make_face,
    make_run,
    make_subject,
    make_version,
    metrics,
)
from training.ml.config import TrainingConfig
from training.ml.stage_plan import RATES, StageTime, kind_of, plan_of
from training.models import TrainingRun
from training.runs.preflight import preflight

pytestmark = pytest.mark.django_db


def test_list_has_a_fixed_number_of_queries(as_user, ada, django_assert_max_num_queries):
    for _ in range(10):
        make_run(status="succeeded", metrics=metrics(), requested_by=ada)
    client = as_user(ada)
    with django_assert_max_num_queries(9):
        text = client.get("/training/").content.decode()
    assert "0.81" in text
    assert "start-training" not in text


def test_admin_is_told_that_no_worker_answers(as_user, boss, ada):
    assert "make worker" in as_user(boss).get("/training/").content.decode()
    for page in ("/training/", "/"):
        text = as_user(ada).get(page).content.decode()
        assert "make worker" not in text
        assert "until an admin starts one" in text


def test_running_page_polls_and_a_finished_one_stops(as_user, ada):
    run = make_run(status="running", stage="fold 1 of 5", done=3, total=10, overall=0.3)
    client = as_user(ada)
    text = client.get(f"/training/{run.pk}/progress/").content.decode()
    assert "every 1s" in text
    assert "30 %" in text
    TrainingRun.objects.update(status="succeeded", metrics=metrics())
    answer = client.get(f"/training/{run.pk}/progress/")
    text = answer.content.decode()
    assert "hx-trigger" not in text
    assert answer["HX-Refresh"] == "true"
    assert f"/training/{run.pk}/dashboard/" in text


def test_admin_starts_a_training(as_user, boss, monkeypatch):
    services = pytest.importorskip("training.runs.services")
    run = make_run()
    monkeypatch.setattr(services, "request_training", lambda user, config: run)
    answer = as_user(boss).post("/training/start/")
    assert answer["Location"] == f"/training/{run.pk}/"


def test_second_training_is_refused_with_the_reason(as_user, boss):
    pytest.importorskip("training.runs.services")
    make_run(status="running")
    answer = as_user(boss).post("/training/start/")
    assert answer.status_code == 409
    assert "already queued or running" in answer.content.decode()


def test_reviewer_cannot_start_or_cancel(as_user, ben):
    pytest.importorskip("training.runs.services")
    run = make_run(status="succeeded", version=make_version(), metrics=metrics())
    client = as_user(ben)
    for address in ("start/", f"{run.pk}/cancel/"):
        assert client.post(f"/training/{address}").status_code == 403


def test_admin_cancels_a_queued_run(as_user, boss):
    pytest.importorskip("training.runs.services")
    run = make_run()
    as_user(boss).post(f"/training/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_run_leads_to_the_promotion_of_its_version(as_user, boss, ada):
    version = make_version("VGG16-new")
    run = make_run(status="succeeded", version=version, metrics=metrics())
    address = f"/training/{run.pk}/"
    assert f"/models/{version.pk}/promote/" in as_user(boss).get(address).content.decode()
    assert "/promote/" not in as_user(ada).get(address).content.decode()


def test_reading_never_writes(as_user, boss):
    run = make_run()
    for address in ("start/", f"{run.pk}/cancel/"):
        assert as_user(boss).get(f"/training/{address}").status_code == 405


def test_cleo_finds_no_run(as_user, cleo):
    run = make_run(status="succeeded", metrics=metrics(), version=make_version())
    client = as_user(cleo)
    for address in ("", f"{run.pk}/", f"{run.pk}/progress/", f"{run.pk}/dashboard/"):
        assert client.get(f"/training/{address}").status_code == 404
    for address in ("start/", f"{run.pk}/cancel/"):
        assert client.post(f"/training/{address}").status_code == 404


def test_preflight_counts_what_there_is(as_user, boss):
    subjects = [make_subject() for _ in range(5)]
    for number in range(10):
        face = make_face(subject=subjects[number % 5])
        make_coding(face, emotion="positive", present=(12,), absent=(4,))
    make_coding(make_face(subject=subjects[0]), emotion="negative", present=(4,), absent=(12,))
    check = preflight(TrainingConfig())
    assert (check.faces, check.subjects, check.problem) == (11, 5, "")
    positive = next(count for count in check.emotions if count.name == "positive")
    assert (positive.faces, positive.subjects, positive.enough) == (10, 5, True)
    rare = {count.name for count in check.rare}
    assert {"negative", "AU4"} <= rare
    assert not {"positive", "AU12"} & rare
    text = as_user(boss).get("/training/new/").content.decode()
    assert "Lip corner puller" in text
    assert "start-training" in text
    assert "make worker" in text


def test_preflight_refuses_too_few_subjects_in_words(as_user, boss):
    make_coding(make_face(), emotion="positive")
    text = as_user(boss).get("/training/new/").content.decode()
    assert "folds by subject need 3" in text
    assert "start-training" not in text


def _labelled(**said):
    for _ in range(2):
        make_coding(make_face(), **said)


def test_preflight_warns_of_a_single_emotion_and_lets_action_units_be_learned(as_user, boss):
    _labelled(emotion="positive", present=(12,), absent=(4,))
    _labelled(emotion="positive", present=(4,), absent=(12,))
    text = as_user(boss).get("/training/new/").content.decode()
    assert "Every labelled face is positive" in text
    assert "start-training" in text


def test_preflight_refuses_labels_that_all_say_the_same(as_user, boss):
    _labelled(emotion="positive", present=(12,), absent=(4,))
    _labelled(emotion="positive", present=(12,), absent=(4,))
    text = as_user(boss).get("/training/new/").content.decode()
    assert "Every labelled face says the same" in text
    assert "start-training" not in text


def test_absent_classes_are_named_beside_the_figures_and_on_the_run(as_user, ben):
    figures = metrics()
    figures["test"]["emotion"]["absent"] = {"truth": ["surprise"], "predictions": ["surprise"]}
    figures["test"]["action_units"]["absent"] = {"truth": [], "predictions": [11, 12]}
    message = "No face is labelled surprise, so it can't be judged."
    figures["flags"] = [
        {"kind": "absent", "subject": "surprise", "severity": "warning", "message": message}
    ]
    run = make_run(status="succeeded", metrics=figures, version=make_version())
    board = as_user(ben).get(f"/training/{run.pk}/dashboard/").content.decode()
    assert "Without surprise: no face is labelled or read so." in board
    assert "AU12 is never answered: F1 0." in board
    assert "absent class" in board
    page = as_user(ben).get(f"/training/{run.pk}/").content.decode()
    assert "No face is labelled surprise" in page


def test_preflight_says_that_no_training_tells_of_the_time(as_user, boss):
    _labelled(emotion="positive", present=(12,), absent=(4,))
    text = as_user(boss).get("/training/new/").content.decode()
    assert "not known" in text
    assert "No training has ended here" in text


def test_preflight_tells_the_time_by_these_settings_and_the_pace_of_stages_here(as_user, boss):
    for _ in range(5):
        _labelled(emotion="positive", present=(12,), absent=(4,))
    assert "looking at every face" in preflight(TrainingConfig()).duration.unknown
    plan = plan_of(TrainingConfig(), 10, 10)
    # Three times as slow; heads take so long that more of their epochs show.
    slower = {stage: 3000 if kind_of(stage) == "fold" else 3 for stage in plan}
    pace = {stage: slower[stage] * RATES[kind_of(stage)] for stage in plan}
    took = [
        # A hundred faces: of fewer, looking at pictures tells nothing.
        StageTime(stage, 10 * work * pace[stage], 10 * work).to_json()
        for stage, work in plan.items()
    ]
    make_run(status="succeeded", stage_times=took, finished_at=timezone.now())
    ours = preflight(TrainingConfig()).duration
    slow = sum(work * pace[stage] for stage, work in plan.items() if stage != "artifact")
    assert ours.seconds == pytest.approx(slow + 3 * RATES["artifact"], rel=0.1, abs=4)
    assert (ours.runs, ours.unknown) == (1, ())
    client = as_user(boss)
    text = client.get("/training/new/").content.decode()
    assert ours.whole in text
    assert ours.from_kept in text
    long = "/training/new/?recipe=published&max_epochs=2000&folds=3&trunk=nonsense"
    longer = preflight(
        TrainingConfig.from_json({"recipe": "published", "max_epochs": 2000, "folds": 3})
    ).duration
    assert longer.whole not in text
    assert longer.whole in client.get(long).content.decode()


def test_start_takes_the_forms_choices(as_user, boss):
    as_user(boss).post("/training/start/", {"test_share": "0.2", "recipe": "published"})
    config = TrainingRun.objects.get().config
    assert (config["test_share"], config["recipe"]) == (0.2, "published")


def test_unknown_choice_starts_nothing(as_user, boss):
    answer = as_user(boss).post("/training/start/", {"recipe": "magic"})
    assert answer.status_code == 400
    assert "magic" in answer.content.decode()
    assert not TrainingRun.objects.exists()


def test_reviewer_has_no_preflight(as_user, ada):
    assert as_user(ada).get("/training/new/").status_code == 404
