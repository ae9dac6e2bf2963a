"""Who adds and removes webhooks, and what is refused."""

from dataclasses import replace

import pytest

from facsweb.problems import Forbidden, Problem
from facsweb.webhooks.events import ReviewFinished
from facsweb.webhooks.models import Delivery, Webhook
from facsweb.webhooks.services import (
    InvalidWebhook,
    announce,
    due,
    register,
    remove,
    send_test,
    switch_off,
    switch_on,
)

pytestmark = pytest.mark.django_db

URL, EVENT = "http://8.8.8.8/hook", Webhook.Event.REVIEW_FINISHED
HAPPENED = ReviewFinished(id=1, face=7, decision="accept_model")


def test_only_admins_change_webhooks(boss, ben):
    webhook, _ = register(boss, URL, [EVENT])
    with pytest.raises(Forbidden):
        register(ben, URL, [EVENT])
    for change in (remove, switch_off, switch_on, send_test):
        with pytest.raises(Forbidden):
            change(webhook, ben)
    assert list(Webhook.objects.all()) == [webhook]


def test_secret_is_not_in_the_database(boss):
    webhook, secret = register(boss, URL, [EVENT])
    row = Webhook.objects.filter(pk=webhook.pk).values().get()
    assert secret not in map(str, row.values())
    assert register(boss, URL, [EVENT])[1] != secret


@pytest.mark.parametrize(
    ("url", "events", "code", "field"),
    [
        (URL, [], "invalid_webhook", "events"),
        (URL, ["face.deleted"], "invalid_webhook", "events"),
        (URL + 500 * "x", [EVENT], "invalid_webhook", "url"),
        ("http://169.254.169.254/latest/meta-data", [EVENT], "forbidden_address", "url"),
        ("http://no-such-host.invalid/", [EVENT], "unknown_host", "url"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(boss, url, events, code, field):
    with pytest.raises(Problem) as refused:
        register(boss, url, events)
    assert refused.value.code == code
    assert list(refused.value.fields) == [field]
    assert not Webhook.objects.exists()


def test_switched_off_webhook_gives_up_what_waits_and_gets_no_test(boss):
    webhook, _ = register(boss, URL, [EVENT])
    announce(HAPPENED)
    switch_off(webhook, boss)
    webhook.refresh_from_db()
    assert not due()
    assert webhook.deliveries.get().status == "given_up"
    with pytest.raises(InvalidWebhook, match="Switch it on"):
        send_test(webhook, boss)


def test_switched_on_again_it_hears_of_later_events_only(boss):
    webhook, _ = register(boss, URL, [EVENT])
    announce(HAPPENED)
    switch_off(webhook, boss)
    switch_on(webhook, boss)
    announce(replace(HAPPENED, id=2))
    assert [delivery.payload["id"] for delivery in due()] == [2]


def test_removing_takes_its_deliveries_along(boss):
    webhook, _ = register(boss, URL, [EVENT])
    announce(HAPPENED)
    remove(webhook, boss)
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()
