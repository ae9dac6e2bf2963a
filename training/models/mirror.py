"""The records of what an MLflow server is to be told, and how far that has come."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class MlflowDelivery(models.Model):
    """One training run, or where the aliases stand, for the MLflow server. The row is the truth."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    #: Null: the aliases, as they stand when it is sent.
    run = models.OneToOneField(
        "training.TrainingRun", on_delete=models.CASCADE, null=True, blank=True,
        related_name="mlflow",
    )  # fmt: skip
    #: The run's id over there, kept from its creation on, so that a retry goes on with it.
    mlflow_run_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "MLflow deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "delivered", "given_up"]),
                name="mlflow_status_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.run or 'Aliases'} for MLflow"
