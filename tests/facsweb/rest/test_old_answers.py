"""Answers that were kept for requests that come again go after two days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facsweb.rest import old_answers
from facsweb.rest.models import AnsweredRequest

pytestmark = pytest.mark.django_db


def test_old_answers_go_a_few_at_a_time_and_new_ones_stay(boss, monkeypatch):
    monkeypatch.setattr(old_answers, "_AT_ONCE", 2)
    for number in range(6):
        AnsweredRequest.objects.create(
            user=boss, key=str(number), fingerprint="f", status=201, answer={}
        )
    old = timezone.now() - old_answers.KEPT_FOR - timedelta(minutes=1)
    AnsweredRequest.objects.exclude(key="5").update(created_at=old)
    with CaptureQueriesContext(connection) as asked:
        old_answers.forget_old_answers()
    assert sum(each["sql"].startswith("DELETE") for each in asked) == 3
    assert AnsweredRequest.objects.get().key == "5"
