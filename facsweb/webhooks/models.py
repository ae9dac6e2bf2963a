"""Programs elsewhere that want to hear of what ends here, and the messages to each."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone


def new_salt() -> str:
    return secrets.token_hex(16)


class Webhook(models.Model):
    """An address that is told of events. Its secret is derived; see facsweb.webhooks.signing."""

    class Event(models.TextChoices):
        TRAINING_FINISHED = "training.finished", "Training finished"
        PREDICTION_FINISHED = "prediction.finished", "Prediction finished"
        REVIEW_FINISHED = "review.finished", "Review finished"

    url = models.CharField(max_length=500)
    #: Names of Event.
    events = models.JSONField()
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.url

    @property
    def event_labels(self) -> list[str]:
        return [str(event.label) for event in self.Event if event in self.events]


class Delivery(models.Model):
    """One event for one webhook. The row is the truth, not the message that a worker gets."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    #: One of Webhook.Event, or facsweb.webhooks.services.TEST.
    event = models.CharField(max_length=32)
    #: Ids and states only: never a face, a label or a person's name.
    payload = models.JSONField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
