from typing import Any

from django.core.management.base import BaseCommand, CommandError

from facsweb.accounts.first_run import greeting


class Command(BaseCommand):
    help = "Print a one-time code by which the first admin is made on the page /first/."

    def handle(self, *args: Any, **options: Any) -> None:
        told = greeting("http://<where facsweb is>")
        if not told:
            raise CommandError("There is an admin already: they invite people on the page People.")
        self.stdout.write(told)
