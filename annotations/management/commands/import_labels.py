from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from annotations.importers import UnreadableSource, read_labels
from annotations.management.reporting import add_dry_run, import_and_report


class Command(BaseCommand):
    help = "Import images and labels named by a data_labels.csv."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--root", type=Path, help="the images' folder; by default the CSV's")
        parser.add_argument("--coder", help="whose codings they are; by default the file's name")
        add_dry_run(parser)

    def handle(
        self, *args, file: Path, root: Path | None, coder: str | None, dry_run: bool, **options
    ) -> None:
        coder_name = coder or file.name
        if len(coder_name) > 150:
            raise CommandError("The coder's name has more than 150 characters; use --coder.")
        try:
            parsed = read_labels(file, root)
        except UnreadableSource as error:
            raise CommandError(str(error)) from None
        import_and_report(self, parsed, coder_name=coder_name, dry_run=dry_run)
