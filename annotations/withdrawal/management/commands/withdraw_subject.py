"""`manage.py withdraw_subject CODE`: remove a subject with all that is theirs, here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.models import Subject
from annotations.withdrawal.carry_out import carry_out
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
        parser.add_argument("code", help="the subject's code")
        parser.add_argument("--yes", action="store_true", help="don't ask for the code again")

    def handle(self, *args: Any, code: str, yes: bool, **options: Any) -> None:
        """Remove a subject; the exit code is 1 where that isn't finished."""
        subject = Subject.objects.filter(code=code).first()
        if subject is not None and not yes and input(f"Type {code} to remove it: ") != code:
            raise CommandError("That isn't the code: nothing was removed.")
        try:
            run = queue_withdrawal(subject, None, send=False) if subject else queue_search(code)
        except Problem as error:
            raise CommandError(error.detail) from None
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
