from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.formats.readers import UnreadableSource, read_ckplus
from annotations.transfers.import_rows import CKPLUS_CODER
from annotations.transfers.management.reporting import add_choices, import_and_report


class Command(BaseCommand):
    help = "Import the labelled peak frames of CK+ as distributed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder that holds cohn-kanade-images/")
        add_choices(parser, default=CKPLUS_CODER)

    def handle(self, *args: Any, path: Path, unlabelled: bool, **options: Any) -> None:
        try:
            parsed = read_ckplus(path, unlabelled=unlabelled)
        except UnreadableSource as error:
            raise CommandError(str(error)) from None
        import_and_report(self, parsed, default=CKPLUS_CODER, **options)
