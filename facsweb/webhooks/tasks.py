"""The task that sends webhooks."""

from celery import shared_task

from facsweb.webhooks.services import deliver


@shared_task
def deliver_webhook(delivery_id: int) -> None:
    deliver(delivery_id)
