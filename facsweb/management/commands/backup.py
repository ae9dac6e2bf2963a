from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.backup.make import Made, make_backup
from facsweb.jobs.console import StageBar
from facsweb.problems import Problem

#: The exit code of a backup that lacks files which rows name.
LACKS_FILES = 2


class Command(BaseCommand):
    help = "Write a backup of database, pictures and models to one file, while facsweb serves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The new file, or a folder for it")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            with StageBar("backup") as bar:
                made = make_backup(file, bar)
        except Problem as error:
            raise CommandError(error.detail) from None
        self.stdout.write(_told(made))
        if made.manifest.missing:
            raise CommandError(
                f"The backup is made, but {len(made.manifest.missing):,} files that rows name are "
                f"missing, such as {made.manifest.missing[0]}: `manage.py fsck` tells of each.",
                returncode=LACKS_FILES,
            )


def _told(made: Made) -> str:
    manifest = made.manifest
    rows = sum(table.rows for table in manifest.tables.values())
    told = (
        f"{made.path}: {rows:,} rows, {manifest.files:,} files, {made.size / 1e6:,.1f} MB.\n"
        "It holds faces and password hashes: keep it as safe as the machine. SECRET_KEY isn't in "
        "it: keep that elsewhere."
    )
    if manifest.deleted:
        told += f"\n{manifest.deleted:,} files were deleted meanwhile, with the rows naming them."
    return told
