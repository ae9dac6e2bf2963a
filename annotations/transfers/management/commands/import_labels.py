from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.formats.readers import UnreadableSource, read_labels
from annotations.transfers.management.reporting import add_choices, import_and_report


class Command(BaseCommand):
    help = "Import images and labels named by a data_labels.csv."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--root", type=Path, help="the images' folder; by default the CSV's")
        add_choices(parser, default="the column annotator's, else the file's name")

    def handle(
        self, *args: Any, file: Path, root: Path | None, unlabelled: bool, **options: Any
    ) -> None:
        try:
            parsed = read_labels(file, root, unlabelled=unlabelled)
        except UnreadableSource as error:
            raise CommandError(str(error)) from None
        import_and_report(self, parsed, default=file.name, **options)
