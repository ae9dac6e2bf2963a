"""The Celery application. Workers only; the web process sends messages through it."""

import os

from celery import Celery
from celery.signals import heartbeat_sent, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")

app = Celery("facsweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def _say_alive(sender, **kwargs) -> None:
    from inference.workers import say_alive

    say_alive(_queues(sender))


@worker_shutdown.connect
def _say_goodbye(sender, **kwargs) -> None:
    from inference.workers import say_goodbye

    say_goodbye(_consumed(sender.app))


def _queues(heart) -> list[str]:
    return _consumed(heart.eventer.app)


def _consumed(celery_app: Celery) -> list[str]:
    return list(celery_app.amqp.queues.consume_from)
