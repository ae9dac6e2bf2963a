"""Everything so far, sent to the MLflow server that MLFLOW_TRACKING_URI names."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.mirror.deliveries import (
    NOT_INSTALLED,
    deliver,
    due,
    is_installed,
    is_wanted,
    queue_everything,
)
from training.models import MlflowDelivery


class Command(BaseCommand):
    help = "Send each training that MLflow doesn't have yet, and the aliases, now."

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_wanted():
            raise CommandError("MLFLOW_TRACKING_URI is not set. Set it to the server's address.")
        if not is_installed():
            raise CommandError(NOT_INSTALLED)
        self.stdout.write(f"{queue_everything()} trainings to send")
        for pk in list(due().values_list("pk", flat=True)):
            deliver(pk)
            delivery = MlflowDelivery.objects.select_related("run").get(pk=pk)
            self.stdout.write(f"{delivery}: {delivery.error or delivery.status}")
            if delivery.error:
                raise CommandError("Not everything was sent. It is tried again by the data worker.")
