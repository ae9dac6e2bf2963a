from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.withdrawal.known_again import carry_over
from facsweb.backup.restore import Restored, restore_backup
from facsweb.backup.verify import Verified, verify
from facsweb.jobs.console import StageBar
from facsweb.problems import Problem


class Command(BaseCommand):
    help = "Restore a backup, also of an older facsweb or from the other kind of database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="What `manage.py backup` wrote")
        parser.add_argument(
            "--check", action="store_true", help="Verify the whole file, and restore nothing"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Restore though this machine isn't empty; what is there is kept beside it",
        )

    def handle(self, *args: Any, file: Path, check: bool, replace: bool, **options: Any) -> None:
        try:
            with StageBar("restore") as bar:
                if check:
                    verified = verify(file, bar)
                else:
                    restored = restore_backup(file, bar, replace=replace, carry_over=carry_over)
        except Problem as error:
            raise CommandError(f"{file}: {error.detail}") from None
        self.stdout.write(_checked(file, verified) if check else _told(file, restored))


def _checked(file: Path, verified: Verified) -> str:
    head, manifest = verified.head, verified.manifest
    rows = sum(table.rows for table in manifest.tables.values())
    told = (
        f"{file} is whole: made {head.made_at:%Y-%m-%d %H:%M} UTC by {head.version} on "
        f"{head.database}, {rows:,} rows, {manifest.files:,} files."
    )
    if manifest.missing:
        told += f"\nIt lacks {len(manifest.missing):,} files that its rows name, such as "
        told += f"{manifest.missing[0]}."
    return told


def _told(file: Path, restored: Restored) -> str:
    told = [_checked(file, restored.verified).replace("is whole", "is restored", 1)]
    told += [f"Kept from before: {place}" for place in restored.kept]
    told += restored.notes
    return "\n".join(told)
