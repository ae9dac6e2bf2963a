"""The sweep sends what nobody works on, once, and takes nothing from a worker that lives."""

import os
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facsweb.jobs.models import LEASE, MAX_DEATHS, QUEUED_TOO_LONG, Run
from facsweb.jobs.recovery import LONGEST_PAUSE, child_was_killed, recover, worker_name
from tests.facsweb.jobs.silence import MOMENT, forget, orphan
from training.models import Comparison, TrainingRun

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def run() -> TrainingRun:
    return TrainingRun.objects.create()


class Broker:
    """What the sweep asks the broker, and what it sends."""

    def __init__(self, waiting: frozenset[str] | None = frozenset()) -> None:
        self.waiting, self.sent = waiting, []

    def sweep(self) -> list[Run]:
        self.sent = []
        recover(TrainingRun, self.sent.append, lambda queue: self.waiting)
        return self.sent


def test_lost_message_is_sent_again(run):
    broker = Broker()
    assert broker.sweep() == []  # it may be on its way
    forget(run)
    assert broker.sweep() == [run]


def test_message_that_is_in_the_broker_is_not_sent_again(run):
    broker = Broker(frozenset([run.message_id]))
    forget(run)
    for _ in range(120):  # as many sweeps as an hour has
        assert broker.sweep() == []
        TrainingRun.objects.update(look_again_at=timezone.now() - MOMENT)


def test_nothing_is_sent_to_a_broker_that_is_away_and_all_when_it_is_back(run):
    forget(run)
    assert Broker(waiting=None).sweep() == []
    assert Broker().sweep() == [run]


def test_message_that_nobody_heeds_is_sent_after_longer_and_longer_pauses(run):
    broker, now, sent = Broker(), timezone.now(), 0
    forget(run)
    for _ in range(120):  # each half a minute long
        sent += len(broker.sweep())
        now += QUEUED_TOO_LONG
        due = TrainingRun.objects.get().look_again_at
        TrainingRun.objects.update(look_again_at=due - QUEUED_TOO_LONG)
    assert 6 <= sent <= 6 + HOUR.total_seconds() / LONGEST_PAUSE


def test_sweep_that_finds_nothing_only_reads(run):
    """On SQLite a transaction takes the one write lock, which a job may have for long."""
    assert run.claim()
    with CaptureQueriesContext(connection) as asked:
        assert Broker().sweep() == []
    assert [query["sql"].partition(" ")[0] for query in asked] == ["SELECT", "SELECT"]


def test_silent_run_is_sent_again(run):
    assert run.claim()
    assert Broker().sweep() == []
    orphan(run)
    assert Broker().sweep() == [run]
    run.refresh_from_db()
    assert (run.status, run.deaths) == ("queued", 1)
    assert "fell silent" in run.log[-1]["text"]


@pytest.mark.parametrize("apart", [-HOUR, HOUR])
def test_host_whose_clock_is_wrong_takes_no_live_run(run, monkeypatch, apart):
    """All of Python's clock is wrong; the database's isn't."""
    assert run.claim()
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + apart)
    assert Broker().sweep() == []
    run.report(stage="heads", done=1, total=2, eta_seconds=None)
    monkeypatch.undo()
    assert Broker().sweep() == []
    run.refresh_from_db()
    assert abs(timezone.now() - run.heartbeat_at) < LEASE


def test_worker_that_is_heard_of_while_the_sweep_looks_keeps_its_run(run):
    assert run.claim()
    orphan(run)
    seen = TrainingRun.objects.get()
    run.beat()
    assert not seen.take_from_the_dead("silent")
    assert run.is_mine()


def test_run_that_keeps_killing_its_worker_is_given_up(run):
    sent = 0
    for _ in range(MAX_DEATHS):
        assert run.claim()
        orphan(run)
        sent += len(Broker().sweep())
    run.refresh_from_db()
    assert sent == MAX_DEATHS - 1
    assert run.status == "failed"
    assert "died" in run.error


def test_run_that_was_killed_by_the_time_limit_is_not_tried_again(run):
    assert run.claim()
    orphan(run, worked=timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT))
    assert Broker().sweep() == []
    run.refresh_from_db()
    assert run.status == "failed"
    assert "TASK_TIME_LIMIT" in run.error


@pytest.mark.parametrize(
    ("by_limit", "status", "deaths"), [(True, "failed", 0), (False, "queued", 1)]
)
def test_main_process_tells_at_once_that_its_child_was_killed(
    run, monkeypatch, by_limit, status, deaths
):
    monkeypatch.setattr(TrainingRun, "enqueue", lambda self: None)
    assert run.claim(worker_name(os.getpid()))
    child_was_killed(TrainingRun, run.pk, by_limit=by_limit)
    run.refresh_from_db()
    assert (run.status, run.deaths) == (status, deaths)


def test_main_process_takes_no_run_from_another_worker(run):
    assert run.claim(worker_name(os.getpid() + 1))
    child_was_killed(TrainingRun, run.pk, by_limit=False)
    assert run.is_mine()


def test_what_a_killed_child_did_in_passing_is_queued_again(run, monkeypatch):
    """Also where the time limit killed it, which was the longer run's."""
    sent = []
    monkeypatch.setattr(Comparison, "enqueue", lambda self: sent.append(self.pk))
    short = Comparison.objects.create()
    for each in (run, short):
        assert each.claim(worker_name(os.getpid()))
    child_was_killed(TrainingRun, run.pk, by_limit=True)
    child_was_killed(Comparison, None, by_limit=True)
    run.refresh_from_db()
    short.refresh_from_db()
    assert (run.status, short.status, short.deaths) == ("failed", "queued", 1)
    assert sent == [short.pk]
