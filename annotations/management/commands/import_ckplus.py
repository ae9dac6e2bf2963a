from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from annotations.importers import UnreadableSource, read_ckplus
from annotations.importing import CKPLUS_CODER
from annotations.management.reporting import add_dry_run, import_and_report


class Command(BaseCommand):
    help = "Import the labelled peak frames of CK+ as distributed."

    def add_arguments(self, parser) -> None:
        parser.add_argument("path", type=Path, help="the folder that holds cohn-kanade-images/")
        add_dry_run(parser)

    def handle(self, *args, path: Path, dry_run: bool, **options) -> None:
        try:
            parsed = read_ckplus(path)
        except UnreadableSource as error:
            raise CommandError(str(error)) from None
        import_and_report(self, parsed, coder_name=CKPLUS_CODER, dry_run=dry_run)
