"""Runs: their list, their progress, and who may start, cancel and promote."""

import pytest

from annotations.exceptions import NotAllowed
from tests.factories import make_run, make_version, metrics
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


def test_list_has_a_fixed_number_of_queries(as_user, ada, django_assert_max_num_queries):
    for _ in range(10):
        make_run(status="succeeded", metrics=metrics(), requested_by=ada)
    client = as_user(ada)
    with django_assert_max_num_queries(8):
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
    run = make_run(status="running", stage="head", done=3, total=10, epoch=2)
    client = as_user(ada)
    text = client.get(f"/training/{run.pk}/progress/").content.decode()
    assert "every 1s" in text
    assert "30 %" in text
    TrainingRun.objects.update(status="succeeded", metrics=metrics())
    text = client.get(f"/training/{run.pk}/progress/").content.decode()
    assert "hx-trigger" not in text
    assert f"/training/{run.pk}/dashboard/" in text


def test_admin_starts_a_training(as_user, boss, monkeypatch):
    services = pytest.importorskip("training.services")
    run = make_run()
    monkeypatch.setattr(services, "request_training", lambda user: run)
    answer = as_user(boss).post("/training/start/")
    assert answer["Location"] == f"/training/{run.pk}/"


def test_second_training_is_refused_with_the_reason(as_user, boss):
    pytest.importorskip("training.services")
    make_run(status="running")
    answer = as_user(boss).post("/training/start/")
    assert answer.status_code == 409
    assert "already queued or running" in answer.content.decode()


def test_reviewer_cannot_start_cancel_or_promote(as_user, ben):
    pytest.importorskip("training.services")
    run = make_run(status="succeeded", version=make_version(), metrics=metrics())
    client = as_user(ben)
    for address in ("start/", f"{run.pk}/cancel/", f"{run.pk}/promote/"):
        assert client.post(f"/training/{address}").status_code == NotAllowed.status


def test_admin_cancels_a_queued_run(as_user, boss):
    pytest.importorskip("training.services")
    run = make_run()
    as_user(boss).post(f"/training/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_admin_promotes_a_version(as_user, boss):
    make_version("VGG16-old", champion=True)
    run = make_run(status="succeeded", version=make_version("VGG16-new"), metrics=metrics())
    client = as_user(boss)
    assert "Promote VGG16-new" in client.get(f"/training/{run.pk}/").content.decode()
    client.post(f"/training/{run.pk}/promote/")
    assert "is the champion" in client.get(f"/training/{run.pk}/").content.decode()


def test_reading_never_writes(as_user, boss):
    run = make_run()
    for address in ("start/", f"{run.pk}/cancel/", f"{run.pk}/promote/"):
        assert as_user(boss).get(f"/training/{address}").status_code == 405


def test_cleo_finds_no_run(as_user, cleo):
    run = make_run(status="succeeded", metrics=metrics(), version=make_version())
    client = as_user(cleo)
    for address in ("", f"{run.pk}/", f"{run.pk}/progress/", f"{run.pk}/dashboard/"):
        assert client.get(f"/training/{address}").status_code == 404
    for address in ("start/", f"{run.pk}/cancel/", f"{run.pk}/promote/"):
        assert client.post(f"/training/{address}").status_code == 404
