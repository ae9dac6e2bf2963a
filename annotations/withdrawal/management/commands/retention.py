"""`manage.py retention`: delete what has reached its age, or tell what would go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotations.withdrawal.retention import apply_rules


class Command(BaseCommand):
    help = "Deletes what has reached the age that RETENTION_… settings give. Workers do so daily."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Delete by every rule, and tell how much went."""
        for outcome in apply_rules(dry_run=dry_run):
            rule = outcome.rule
            if not rule.days:
                self.stdout.write(f"{rule.name}: kept ({rule.setting} is 0)")
                continue
            verb = "would go" if dry_run else "deleted"
            self.stdout.write(
                f"{rule.name}, older than {rule.days} days: {outcome.count} {verb}, "
                f"{outcome.size:,} bytes"
            )
            for each in outcome.found if dry_run else ():
                self.stdout.write(f"  {each.name}")
