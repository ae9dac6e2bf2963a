from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.faces.orphans import remove_orphans
from annotations.faces.thumbnails import draw_missing
from facsweb.jobs.console import StageBar


class Command(BaseCommand):
    help = (
        "Make the thumbnails of all faces that no worker has been through, as workers do by "
        "themselves, and delete those of earlier versions. It goes on where it was interrupted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with StageBar("thumbnails") as bar:
                done = draw_missing(tell=bar)
        except OSError as error:
            raise CommandError(f"They can't be kept: {error.strerror or error}.") from None
        removed = remove_orphans()
        self.stdout.write(
            f"{done} face{'' if done == 1 else 's'} gone through; {removed} stored "
            f"file{'' if removed == 1 else 's'} that nobody needs removed."
        )
