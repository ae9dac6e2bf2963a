"""Announcing an event, sending it once, and trying again."""

import json
import threading
import time
from datetime import timedelta

import pytest
import standardwebhooks
from celery import Celery
from django.db import connection, transaction
from django.utils import timezone

from facsweb.celery import app
from facsweb.webhooks import services
from facsweb.webhooks.events import Event, TrainingFinished
from facsweb.webhooks.models import Delivery, Webhook
from facsweb.webhooks.services import (
    BACKOFF,
    LEASE,
    TASK,
    announce,
    deliver,
    due,
    register,
    send_due,
    switch_off,
)
from tests.facsweb.webhooks.receiver import receiving, with_status

pytestmark = pytest.mark.django_db

EVENT = Webhook.Event.TRAINING_FINISHED
HAPPENED = TrainingFinished(id=1, status="succeeded")


@pytest.fixture(autouse=True)
def private_is_allowed(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def broker():
    """A broker in memory; yields a function that returns the messages so far."""
    ours = Celery(broker="memory://", set_as_current=False)
    ours.set_current()
    with ours.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        queue.clear()

        def messages() -> list[tuple[str, list]]:
            found = [queue.get(block=False) for _ in range(queue.qsize())]
            return [(each.headers["task"], each.payload[0]) for each in found]

        yield messages
    app.set_current()


@pytest.fixture
def dead_broker(tmp_path):
    ours = Celery(broker=f"redis+socket://{tmp_path}/nobody", set_as_current=False)
    ours.conf.broker_transport_options = {"max_retries": 0}  # else it tries for six seconds
    ours.set_current()
    yield
    app.set_current()


def hook(boss, receiver, *events: str) -> Webhook:
    return register(boss, receiver.url, events or [EVENT])[0]


def announced(webhook: Webhook, event: Event = HAPPENED) -> Delivery:
    announce(event)
    return webhook.deliveries.latest("pk")


def expire(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


def test_message_arrives_signed_with_its_event_and_id(boss):
    with receiving() as receiver:
        webhook, secret = register(boss, receiver.url, [EVENT])
        delivery = announced(webhook, TrainingFinished(id=7, status="succeeded"))
        deliver(delivery.pk)
    [(_, headers, body)] = receiver.received
    message = standardwebhooks.Webhook(secret).verify(body, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(body.replace(b"7", b"8"), headers)
    assert headers["webhook-id"].endswith(f"_{delivery.pk}")
    assert headers["Idempotency-Key"] == f'"{headers["webhook-id"]}"'
    assert headers["User-Agent"].startswith("facsweb")
    assert message == json.loads(body)
    assert message["delivery"] == delivery.pk
    assert message["event"] == EVENT
    assert message["data"] == {"id": 7, "status": "succeeded"}
    delivery.refresh_from_db()
    assert (delivery.status, delivery.response_status, delivery.attempts) == ("delivered", 204, 1)
    assert delivery.delivered_at is not None


def test_only_active_webhooks_that_want_the_event_hear_of_it(boss):
    with receiving() as receiver:
        wanting = hook(boss, receiver, EVENT, Webhook.Event.REVIEW_FINISHED)
        hook(boss, receiver, Webhook.Event.REVIEW_FINISHED)
        switch_off(hook(boss, receiver, EVENT), boss)
    announce(HAPPENED)
    assert [delivery.webhook for delivery in Delivery.objects.all()] == [wanting]


def test_announcing_to_nobody_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        announce(HAPPENED)


def test_unknown_event_is_a_mistake_of_the_caller():
    class TrainingBegan(Event):
        name = "training.began"

    with pytest.raises(ValueError, match=r"training\.began"):
        announce(TrainingBegan())


def test_worker_is_told_after_the_commit_only(boss, broker, django_capture_on_commit_callbacks):
    with receiving() as receiver:
        webhook = hook(boss, receiver)
    with django_capture_on_commit_callbacks(execute=True):
        delivery = announced(webhook)
        assert broker() == []
    assert broker() == [(TASK, [delivery.pk])]


def test_task_has_the_name_that_is_sent_and_delivers(boss):
    from facsweb.webhooks.tasks import deliver_webhook

    assert deliver_webhook.name == TASK
    with receiving() as receiver:
        deliver_webhook(announced(hook(boss, receiver)).pk)
    assert len(receiver.received) == 1


def test_dead_broker_loses_nothing(boss, dead_broker, django_capture_on_commit_callbacks, caplog):
    with receiving() as receiver, django_capture_on_commit_callbacks(execute=True):
        delivery = announced(hook(boss, receiver))
    assert "the broker is away" in caplog.text
    assert list(due()) == [delivery]


def test_sweep_sends_what_is_due_and_nothing_else(boss, broker):
    with receiving() as receiver:
        webhook = hook(boss, receiver)
        delivered, waiting = announced(webhook), announced(webhook)
        deliver(delivered.pk)
    send_due()
    assert broker() == [(TASK, [waiting.pk])]


def test_two_messages_deliver_once(boss, monkeypatch):
    """The second comes while the first is under way, the third afterwards."""
    real = services.post

    def with_a_second_message(*args, **kwargs):
        deliver(delivery.pk)
        return real(*args, **kwargs)

    with receiving() as receiver:
        delivery = announced(hook(boss, receiver))
        monkeypatch.setattr(services, "post", with_a_second_message)
        deliver(delivery.pk)
        deliver(delivery.pk)
    assert len(receiver.received) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer write")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_deliver_once(boss, dead_broker):
    """Both wait for the row's lock and go on as it opens."""

    def work() -> None:
        deliver(delivery.pk)
        connection.close()

    with receiving() as receiver:
        delivery = announced(hook(boss, receiver))
        workers = [threading.Thread(target=work) for _ in range(2)]
        with transaction.atomic():
            Delivery.objects.select_for_update().get(pk=delivery.pk)
            for worker in workers:
                worker.start()
            time.sleep(0.5)
        for worker in workers:
            worker.join()
    assert len(receiver.received) == 1


def test_failures_are_retried_after_ever_longer_waits_and_then_given_up(boss):
    with receiving(with_status(503)) as receiver:
        delivery = announced(hook(boss, receiver))
        for wait in BACKOFF:
            begun = timezone.now()
            deliver(delivery.pk)
            deliver(delivery.pk)
            delivery.refresh_from_db()
            assert delivery.status == "waiting"
            waited = delivery.next_attempt_at - begun
            assert wait <= waited < wait + timedelta(seconds=10)
            expire(delivery)
        deliver(delivery.pk)
        delivery.refresh_from_db()
    assert delivery.status == "given_up"
    assert delivery.error == "The receiver answered 503."
    assert (delivery.attempts, delivery.response_status) == (7, 503)
    assert len(receiver.received) == 7
    for name in ("webhook-id", "Idempotency-Key"):
        assert len({headers[name] for _, headers, _ in receiver.received}) == 1
    assert not due()


def test_waits_are_those_of_the_documentation():
    assert [wait.total_seconds() for wait in BACKOFF] == [30, 120, 600, 3600, 21_600, 86_400]


def test_success_after_a_failure_clears_the_error(boss):
    with receiving(with_status(500)) as receiver:
        delivery = announced(hook(boss, receiver))
        deliver(delivery.pk)
        expire(delivery)
        receiver.answer = with_status(200)
        deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error, delivery.attempts) == ("delivered", "", 2)


def test_delivery_whose_worker_died_is_due_after_its_lease(boss):
    with receiving() as receiver:
        delivery = announced(hook(boss, receiver))
    claimed = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=claimed + LEASE, attempts=1)
    assert not due()
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=claimed)
    assert list(due()) == [delivery]


def test_worker_that_outlived_its_lease_changes_nothing(boss, monkeypatch):
    real = services.post

    def taken_over(*args, **kwargs):
        Delivery.objects.filter(pk=delivery.pk).update(attempts=2)
        return real(*args, **kwargs)

    with receiving(with_status(500)) as receiver:
        delivery = announced(hook(boss, receiver))
        monkeypatch.setattr(services, "post", taken_over)
        deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.response_status, delivery.error) == (2, None, "")


def test_gone_switches_the_webhook_off_and_gives_up_what_waits(boss):
    with receiving(with_status(410)) as receiver:
        webhook = hook(boss, receiver)
        first, second = announced(webhook), announced(webhook)
        deliver(first.pk)
        deliver(second.pk)
    webhook.refresh_from_db()
    assert not webhook.is_active
    assert {delivery.status for delivery in webhook.deliveries.all()} == {"given_up"}
    assert len(receiver.received) == 1


def test_address_that_became_private_is_an_error_of_the_delivery(boss, settings):
    with receiving() as receiver:
        delivery = announced(hook(boss, receiver))
        settings.WEBHOOK_ALLOW_PRIVATE = False
        deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.response_status) == ("waiting", None)
    assert "not public" in delivery.error
    assert receiver.received == []


def test_delivery_that_is_not_there_is_nothing(boss):
    deliver(12345)
    assert not Delivery.objects.exists()
