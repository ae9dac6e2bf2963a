import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.fsck.run import Report, lines, run_checks
from facsweb.jobs.console import StageBar


class Command(BaseCommand):
    help = "Check what stored files and rows say of each other; exit code 1 if something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="Mend what can be mended; files that no row names go to var/quarantine",
        )
        parser.add_argument(
            "--quick",
            action="store_true",
            help="Don't read files: look only whether they are there",
        )
        parser.add_argument(
            "--resume", action="store_true", help="Go on with a run that was stopped"
        )
        parser.add_argument("--json", action="store_true", help="Report as JSON")

    def handle(
        self, *args: Any, repair: bool, quick: bool, resume: bool, json: bool, **options: Any
    ) -> None:
        report = Report.of_a_stopped_run() if resume else None
        if report is None:
            report = Report(repair=repair, quick=quick)
        with StageBar("fsck") as bar:
            run_checks(report, bar)
        self.stdout.write(_dumped(report) if json else "\n".join(lines(report)))
        if report.wrong:
            raise CommandError(f"{report.wrong:,} things are wrong.", returncode=1)


def _dumped(report: Report) -> str:
    return json.dumps(report.to_json(), indent=1)
