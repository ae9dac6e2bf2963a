"""How long work waits and how long workers are silent, for who watches the server."""

import pytest
from django.utils import timezone

from facsweb.jobs.health import QueueHealth, queue_health
from facsweb.jobs.models import LEASE, QUEUED_TOO_LONG
from tests.facsweb.jobs.kinds import KINDS
from tests.facsweb.jobs.silence import forget, orphan
from training.models import Comparison, TrainingRun

pytestmark = pytest.mark.django_db


def test_oldest_of_each_queue_is_told(django_assert_num_queries):
    for make in (forget, lambda run: None):
        make(Comparison.objects.create())
    silent = TrainingRun.objects.create()
    assert silent.claim()
    orphan(silent)
    with django_assert_num_queries(len(KINDS)):
        training, inference, data = queue_health()
    assert inference == QueueHealth("inference")
    assert (data.waiting, data.running) == (2, 0)
    assert 0 <= data.oldest_waiting_seconds - QUEUED_TOO_LONG.total_seconds() < 60
    assert (training.waiting, training.running, training.oldest_waiting_seconds) == (0, 1, None)
    assert 0 <= training.oldest_heartbeat_seconds - LEASE.total_seconds() < 60


def test_clock_of_this_host_is_of_no_matter(monkeypatch):
    Comparison.objects.create()
    right = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: right.replace(year=right.year + 1))
    assert queue_health()[2].oldest_waiting_seconds < 60
