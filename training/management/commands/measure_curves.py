"""The curves of runs that ended before they were measured with each training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.jobs.models import Run
from facsweb.problems import Problem
from training.making.stored_readings import read_back
from training.ml.probability_curves import run_curves
from training.models import TrainingRun


class Command(BaseCommand):
    help = (
        "Measure the curves of finished trainings that have none, by what their versions say of "
        "each face. Trainings measure their own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "runs", nargs="*", type=int, help="ids; without any, all that lack them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted: list[int] = options["runs"]
        runs = TrainingRun.objects.filter(status=Run.Status.SUCCEEDED, version__isnull=False)
        chosen = (
            runs.filter(pk__in=wanted) if wanted else runs.filter(probability_curves__isnull=True)
        )
        found = list(chosen.select_related("version", "snapshot"))
        unknown = sorted(set(wanted) - {run.pk for run in found})
        if unknown:
            raise CommandError(f"There is no training run {unknown[0]} that made a version.")
        for run in found:
            try:
                self._measure(run)
            except Problem as error:
                if wanted:
                    raise CommandError(error.detail) from None
                self.stderr.write(error.detail)

    def _measure(self, run: TrainingRun) -> None:
        read = read_back(run)
        truth = "then" if run.snapshot_id else "later"
        measured = replace(run_curves(read.samples, read.said, read.split), truth=truth)
        run.probability_curves = measured.to_json()
        run.save(update_fields=["probability_curves"])
        self.stdout.write(f"{run}: curves of {len(read.samples)} faces")
