"""Answers to requests with an `Idempotency-Key`, until they are forgotten. Workers import it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from facsweb.rest.models import AnsweredRequest

KEPT_FOR = timedelta(days=2)
#: Answers deleted in one statement: on SQLite everybody who writes waits for it.
_AT_ONCE = 500


def forget_old_answers() -> None:
    """Delete the answers whose time is over, a few in each transaction."""
    old = AnsweredRequest.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    while some := list(old.order_by("created_at").values_list("pk", flat=True)[:_AT_ONCE]):
        AnsweredRequest.objects.filter(pk__in=some).delete()
