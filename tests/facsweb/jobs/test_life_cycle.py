"""A run is claimed once, reports, ends once, and is found again when its worker dies."""

import pytest

from facsweb.jobs.models import MAX_DEATHS
from facsweb.jobs.recovery import recover
from tests.facsweb.jobs.silence import orphan
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return TrainingRun.objects.create()


def test_two_deliveries_claim_once(run):
    twin = TrainingRun.objects.get(pk=run.pk)
    assert run.claim()
    assert not twin.claim()


def test_orphan_is_claimed_again_and_its_first_worker_publishes_nothing(run):
    assert run.claim()
    orphan(run)
    recover(TrainingRun, lambda sent: None)
    second = TrainingRun.objects.get(pk=run.pk)
    assert second.claim()
    assert run.is_cancelled()
    run.report(stage="heads", done=3, total=10, eta_seconds=7.0)
    assert not run.finish("succeeded")
    assert run.stage == ""
    assert second.finish("succeeded")


def test_report_is_stored_and_is_the_heartbeat(run):
    run.claim()
    orphan(run)
    run.report(stage="heads", done=3, total=10, eta_seconds=7.0)
    run.refresh_from_db()
    assert (run.stage, run.done, run.total, run.eta_seconds) == ("heads", 3, 10, 7.0)
    assert not TrainingRun.objects.abandoned().exists()


def test_queued_run_is_cancelled_at_once_and_running_one_at_its_next_look(run):
    run.claim()
    run.request_cancel()
    assert run.status == "running"
    assert run.is_cancelled()
    assert run.finish("cancelled")
    waiting = TrainingRun.objects.create()
    waiting.request_cancel()
    assert waiting.status == "cancelled"
    assert not waiting.claim()


def test_run_handed_back_by_a_stopping_worker_counts_no_death(run):
    for _ in range(MAX_DEATHS + 1):
        assert run.claim()
        run.hand_back()
        assert run.is_cancelled()
        run.refresh_from_db()
    assert (run.status, run.deaths) == ("queued", 0)


def test_database_allows_one_active_training(run):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.create()
    run.request_cancel()
    assert TrainingRun.objects.create().pk
