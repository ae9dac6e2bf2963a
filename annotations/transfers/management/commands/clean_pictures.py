from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.faces.clean_stored import clean_all
from facsweb.jobs.console import StageBar


class Command(BaseCommand):
    help = (
        "Remove metadata (EXIF, GPS, comments, whatever follows the picture) from stored pictures. "
        "An upgrade asks a worker for this; what was done stays done if it is interrupted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with StageBar("pictures") as bar:
            cleaned = clean_all(bar)
        self.stdout.write(
            f"{cleaned.rewritten} pictures had metadata and have none now; {cleaned.bare} had none."
        )
        if cleaned.refusal:
            raise CommandError(cleaned.refusal)
