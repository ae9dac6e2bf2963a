import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.audit.verify import verify

_MARK = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    help = "Check that no entry of the audit was changed, removed, inserted or moved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="NUMBER:DIGEST",
            help="What an earlier check printed: that entry must still be there as it was.",
        )

    def handle(self, *args: Any, expect: str | None, **options: Any) -> None:
        verdict = verify(_read(expect) if expect else None)
        if not verdict.holds:
            raise CommandError("The audit does not hold. " + " ".join(verdict.problems))
        self.stdout.write(f"The audit holds: {verdict.entries} entries, none broken or missing.")
        if verdict.entries:
            self.stdout.write(
                "Keep this elsewhere: verify_audit --expect "
                f"{verdict.entries}:{verdict.digest} finds what is cut or rewritten later."
            )


def _read(text: str) -> tuple[int, str]:
    found = _MARK.fullmatch(text)
    if found is None:
        raise CommandError("--expect wants NUMBER:DIGEST, as an earlier check printed them.")
    return int(found[1]), found[2]
