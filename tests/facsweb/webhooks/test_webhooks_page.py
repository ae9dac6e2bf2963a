"""The page of webhooks."""

import html
import re
from dataclasses import replace

import pytest
from django.urls import reverse

from facsweb.webhooks.events import ReviewFinished
from facsweb.webhooks.models import Delivery, Webhook
from facsweb.webhooks.services import announce, deliver, register, switch_off
from facsweb.webhooks.signing import secret_of
from tests.facsweb.webhooks.receiver import receiving, with_status

pytestmark = pytest.mark.django_db

URL, EVENT = "http://8.8.8.8/hook", Webhook.Event.REVIEW_FINISHED
HAPPENED = ReviewFinished(id=1, face=7, decision="accept_model")


def text_of(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.fixture
def webhook(boss):
    return register(boss, URL, [EVENT])[0]


@pytest.mark.parametrize("who", ["ada", "ben", "cleo"])
def test_nobody_but_admins_finds_it(request, as_user, webhook, who):
    client = as_user(request.getfixturevalue(who))
    assert client.get(reverse("webhooks")).status_code == 404
    assert client.post(reverse("webhooks"), {"url": URL, "events": [EVENT]}).status_code == 404
    for name in ("webhook-switch", "webhook-test", "webhook-remove"):
        assert client.post(reverse(name, args=[webhook.pk])).status_code == 404
    webhook.refresh_from_db()
    assert webhook.is_active
    assert Webhook.objects.count() == 1
    assert not Delivery.objects.exists()


def test_secret_is_shown_once_and_never_cached(as_user, boss):
    client = as_user(boss)
    answer = client.post(reverse("webhooks"), {"url": URL, "events": [EVENT]})
    secret = secret_of(Webhook.objects.get().salt)
    assert answer.status_code == 200
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert secret not in str(dict(client.session))
    assert secret not in client.get(reverse("webhooks")).content.decode()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"url": URL}, "Choose at least one event."),
        ({"url": "http://127.0.0.1/", "events": [EVENT]}, "otherwise not public address"),
        ({"url": "ftp://8.8.8.8/", "events": [EVENT]}, "must begin with https:// or http://"),
        ({"url": URL, "events": ["x"]}, "x is not one of the available choices"),
    ],
)
def test_mistake_is_told_beside_what_was_entered(as_user, boss, given, complaint):
    answer = as_user(boss).post(reverse("webhooks"), given)
    assert answer.status_code == 400
    assert complaint in text_of(answer)
    assert f'value="{given["url"]}"' in answer.content.decode()
    assert not Webhook.objects.exists()


def test_last_deliveries_are_listed_with_their_answers(as_user, boss, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving(with_status(500)) as receiver:
        hook, _ = register(boss, receiver.url, [EVENT])
        announce(HAPPENED)
        deliver(hook.deliveries.get().pk)
        receiver.answer = with_status(204)
        announce(replace(HAPPENED, id=2))
        deliver(hook.deliveries.first().pk)
    text = text_of(as_user(boss).get(reverse("webhooks")))
    assert re.search(r"review\.finished ✓ delivered .{5,12} 1 204", text)
    assert re.search(r"review\.finished waiting until .{5,12} 1 The receiver answered 500\.", text)


def test_page_asks_as_much_of_the_database_for_many_webhooks(
    as_user, boss, webhook, django_assert_max_num_queries
):
    client = as_user(boss)
    for _ in range(5):
        register(boss, URL, [EVENT])
        announce(HAPPENED)
    with django_assert_max_num_queries(8):
        client.get(reverse("webhooks"))


def test_button_sends_a_test(as_user, boss, webhook):
    answer = as_user(boss).post(reverse("webhook-test", args=[webhook.pk]), follow=True)
    assert "A test is on its way" in text_of(answer)
    assert webhook.deliveries.get().event == "test"


def test_webhook_that_is_off_gets_no_test(as_user, boss, webhook):
    switch_off(webhook, boss)
    answer = as_user(boss).post(reverse("webhook-test", args=[webhook.pk]), follow=True)
    assert "Switch it on" in text_of(answer)
    assert not webhook.deliveries.exists()


def test_button_switches_off_and_on(as_user, boss, webhook):
    client, url = as_user(boss), reverse("webhook-switch", args=[webhook.pk])
    assert "gets nothing more" in text_of(client.post(url, follow=True))
    assert not Webhook.objects.get().is_active
    assert "hears of events again" in text_of(client.post(url, follow=True))
    assert Webhook.objects.get().is_active


def test_button_removes(as_user, boss, webhook):
    url = reverse("webhook-remove", args=[webhook.pk])
    assert "is removed" in text_of(as_user(boss).post(url, follow=True))
    assert not Webhook.objects.exists()


def test_changes_are_not_made_by_a_link(as_user, boss, webhook):
    client = as_user(boss)
    for name in ("webhook-switch", "webhook-test", "webhook-remove"):
        assert client.get(reverse(name, args=[webhook.pk])).status_code == 405
