"""Webhooks made and removed, events announced, deliveries carried out and tried again."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from facsweb.audit.services import record
from facsweb.problems import Problem
from facsweb.webhooks.addresses import check
from facsweb.webhooks.events import Event
from facsweb.webhooks.models import Delivery, Webhook
from facsweb.webhooks.permissions import webhook_policy
from facsweb.webhooks.sending import LONGEST_SECONDS, Outcome, post
from facsweb.webhooks.signing import secret_of, signed

logger = logging.getLogger(__name__)

TASK = "facsweb.webhooks.tasks.deliver_webhook"
#: What "send a test" sends; every webhook gets it.
TEST = "test"
#: The wait after the first failure, the second, and so on; after the last one is given up.
BACKOFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
#: A delivery under way for longer than sending can take: its worker died.
LEASE = timedelta(seconds=2 * LONGEST_SECONDS)
_MOST_A_SWEEP = 100


class InvalidWebhook(Problem):
    code = "invalid_webhook"


def register(user: User, url: str, events: Collection[str]) -> tuple[Webhook, str]:
    """Add a webhook; return it and its signing secret, to be shown once.

    Parameters
    ----------
    events
        Names of Webhook.Event, one or more.

    Raises
    ------
    Forbidden
        `user` is no admin.
    InvalidWebhook, ForbiddenAddress, UnknownHost
    """
    webhook_policy.check(user, "set_up")
    unknown = sorted(set(events) - set(Webhook.Event.values))
    if unknown or not events:
        message = f"There is no event {unknown[0]}." if unknown else "Choose at least one event."
        raise InvalidWebhook(message, {"events": [message]})
    longest = Webhook._meta.get_field("url").max_length or 0
    if len(url) > longest:
        message = f"The URL is longer than {longest} characters."
        raise InvalidWebhook(message, {"url": [message]})
    check(url, allow_private=_allow_private())
    wanted = [event for event in Webhook.Event.values if event in events]
    with transaction.atomic():
        webhook = Webhook.objects.create(url=url, events=wanted, created_by=user)
        told = {"host": urlsplit(url).hostname, "events": wanted}
        record("webhook.added", user, webhook, told)
    return webhook, secret_of(webhook.salt)


def remove(webhook: Webhook, user: User) -> None:
    """Delete the webhook and the record of its deliveries. Raises Forbidden."""
    webhook_policy.check(user, "set_up")
    with transaction.atomic():
        record("webhook.deleted", user, webhook, {"host": urlsplit(webhook.url).hostname})
        webhook.delete()


def switch_on(webhook: Webhook, user: User) -> None:
    """Let a webhook hear of events again, from now on. Raises Forbidden."""
    webhook_policy.check(user, "set_up")
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(is_active=True)
        record("webhook.switched_on", user, webhook)


def switch_off(webhook: Webhook, user: User) -> None:
    """Send a webhook nothing more, not even what is waiting. Raises Forbidden."""
    webhook_policy.check(user, "set_up")
    with transaction.atomic():
        _deactivate(webhook.pk, "The webhook was switched off before this was delivered.")
        record("webhook.switched_off", user, webhook)


def send_test(webhook: Webhook, user: User) -> Delivery:
    """Have a worker send the event `test`. Raises Forbidden, or InvalidWebhook if it is off."""
    webhook_policy.check(user, "set_up")
    if not webhook.is_active:
        raise InvalidWebhook("This webhook is off. Switch it on, then send a test.")
    return _queue([webhook.pk], TEST, {})[0]


def announce(event: Event) -> None:
    """Tell every active webhook that wants `event`, once the caller's transaction is committed.

    Raises ValueError where the event's name is none of Webhook.Event.
    """
    name = Webhook.Event(event.name).value
    active = Webhook.objects.filter(is_active=True).values_list("pk", "events")
    wanting = [pk for pk, events in active if name in events]
    if wanting:
        _queue(wanting, name, event.data())


def due() -> QuerySet[Delivery]:
    """Return the deliveries whose time has come: new ones, retries, ones whose worker died."""
    return Delivery.objects.filter(
        status=Delivery.Status.WAITING,
        next_attempt_at__lte=Now(),  # the database's clock: hosts' differ
        # No join: of one, UPDATE would make a subquery, which PostgreSQL doesn't look at again
        # after waiting for another worker's claim, and both would have the delivery.
        webhook__in=Webhook.objects.filter(is_active=True),
    ).order_by("next_attempt_at")


def send_due() -> None:
    """Have workers carry out what is due; for the sweep."""
    _tell_workers(due().values_list("pk", flat=True)[:_MOST_A_SWEEP])


def deliver(delivery_id: int) -> None:
    """Send one delivery that is due, and record the outcome. Does nothing for any other."""
    claimed = (
        due()
        .order_by()
        .filter(pk=delivery_id)
        .update(next_attempt_at=Now() + LEASE, attempts=F("attempts") + 1)
    )
    if not claimed:
        return
    delivery = Delivery.objects.select_related("webhook").filter(pk=delivery_id).first()
    if delivery is None:  # the webhook was removed this moment
        return
    _conclude(delivery, _send(delivery))


def message_id_of(delivery: Delivery) -> str:
    """Return the id by which receivers recognise a message, and refuse it the second time.

    A worker that dies between the receiver's answer and our row sends again, so a message may
    arrive twice, always with one id. The salt sets it apart from another database's.
    """
    return f"msg_{delivery.webhook.salt[:12]}_{delivery.pk}"


def _send(delivery: Delivery) -> Outcome:
    webhook = delivery.webhook
    body = json.dumps(
        {
            "delivery": delivery.pk,
            "event": delivery.event,
            "created_at": delivery.created_at.isoformat(),
            "data": delivery.payload,
        }
    )
    name = message_id_of(delivery)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "facsweb-webhook/1",
        # For receivers that know this header (draft-ietf-httpapi-idempotency-key-header).
        "Idempotency-Key": f'"{name}"',
        **signed(secret_of(webhook.salt), name, body, timezone.now()),
    }
    return post(webhook.url, body.encode(), headers, allow_private=_allow_private())


def _conclude(delivery: Delivery, outcome: Outcome) -> None:
    result: dict[str, Any] = {"response_status": outcome.status, "error": outcome.error}
    if outcome.is_delivered:
        result |= {"status": Delivery.Status.DELIVERED, "delivered_at": Now()}
    elif outcome.is_gone or delivery.attempts > len(BACKOFF):
        result |= {"status": Delivery.Status.GIVEN_UP}
    else:
        result |= {"next_attempt_at": Now() + BACKOFF[delivery.attempts - 1]}
    # The attempts tell whether it is still ours: after the lease another worker may have it.
    Delivery.objects.filter(
        pk=delivery.pk, status=Delivery.Status.WAITING, attempts=delivery.attempts
    ).update(**result)
    if outcome.is_gone:
        _deactivate(delivery.webhook_id, "The receiver has answered 410, gone, to another event.")


def _queue(webhook_ids: list[int], event: str, payload: dict[str, int | str]) -> list[Delivery]:
    deliveries = Delivery.objects.bulk_create(
        Delivery(webhook_id=pk, event=event, payload=payload, next_attempt_at=Now())
        for pk in webhook_ids
    )
    transaction.on_commit(partial(_tell_workers, [delivery.pk for delivery in deliveries]))
    return deliveries


def _tell_workers(delivery_ids: Iterable[int]) -> None:
    """Send a task for each; if the broker is away, the rows stay due and a sweep finds them."""
    try:
        for pk in delivery_ids:
            current_app.send_task(TASK, [pk], retry=False)
    except OperationalError as error:  # at the first: each would wait as long for a dead broker
        logger.warning("Webhooks are not sent yet, the broker is away: %s", error)


def _deactivate(webhook_id: int, reason: str) -> None:
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook_id).update(is_active=False)
        Delivery.objects.filter(webhook=webhook_id, status=Delivery.Status.WAITING).update(
            status=Delivery.Status.GIVEN_UP, error=reason
        )


def _allow_private() -> bool:
    return bool(getattr(settings, "WEBHOOK_ALLOW_PRIVATE", False))
