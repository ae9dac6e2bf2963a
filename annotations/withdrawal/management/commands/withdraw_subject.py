"""`manage.py withdraw_subject CODE`: remove a subject with all that is theirs, here and now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.models import Subject
from annotations.withdrawal.carry_out import carry_out
from annotations.withdrawal.known_again import known_again, listed, read_in
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.services import queue_search, queue_withdrawal
from facsweb.jobs.fence import fenced
from facsweb.problems import Problem


class Command(BaseCommand):
    help = (
        "Removes a subject: pictures, codings, and every file and text that holds them. Of one who "
        "has withdrawn already, it looks again for what may be left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("code", nargs="?", help="the subject's code")
        what.add_argument(
            "--again",
            action="store_true",
            help="after a restore: withdraw everybody whom a tombstone knows",
        )
        what.add_argument(
            "--list", action="store_true", help="write the tombstones, which name nobody"
        )
        parser.add_argument("--yes", action="store_true", help="don't ask for the code again")
        parser.add_argument(
            "--tombstones", type=Path, help="first set those that --list wrote to this file"
        )

    def handle(self, *args: Any, code: str | None, tombstones: Path | None, **options: Any) -> None:
        """Remove a subject, or those known again; the exit code is 1 where that isn't finished."""
        if options["list"]:
            self.stdout.write("\n".join(listed()))
            return
        if tombstones is not None:
            try:
                self.stdout.write(f"{read_in(tombstones.read_text().splitlines())} new tombstones.")
            except (OSError, ValueError) as error:
                raise CommandError(f"{tombstones}: {error}") from None
        if code is None:
            found = known_again()
            for subject in found:
                self._carry_out(queue_withdrawal(subject, None, send=False))
            self.stdout.write(f"{len(found)} of those who withdrew were here again.")
            return
        known = Subject.objects.filter(code=code).first()
        if (
            known is not None
            and not options["yes"]
            and input(f"Type {code} to remove it: ") != code
        ):
            raise CommandError("That isn't the code: nothing was removed.")
        try:
            run = queue_withdrawal(known, None, send=False) if known else queue_search(code)
        except Problem as error:
            raise CommandError(error.detail) from None
        self._carry_out(run)

    def _carry_out(self, run: Withdrawal) -> None:
        if not run.claim():
            raise CommandError(f"{run} is {run.status}: a worker has it. Look at its page.")
        try:
            with fenced(run):
                carry_out(run)
        except BaseException:
            run.finish(Withdrawal.Status.FAILED, "The command was stopped. Run it again.")
            raise
        for name, count in run.removed.items():
            self.stdout.write(f"{count:>8}  {name}")
        if not run.removed:
            self.stdout.write("Nothing was left to remove.")
        for sentence in run.beyond:
            self.stdout.write(sentence)
        self.stdout.write(f"{run} is done; its certificate is on its page.")
