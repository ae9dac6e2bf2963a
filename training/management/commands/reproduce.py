"""A training done again, to see whether its figures and its model come out the same."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.jobs.console import StageBar
from inference.ml.weights import WeightsUnavailable
from training.making.reproduction import NotReproducible, Repeated, Reproduction, reproduce
from training.ml.config import ConfigError
from training.ml.dataset import NothingToLearn
from training.ml.progress import Progress, Watch
from training.ml.split import SplitError
from training.models import TrainingRun

#: Other than 1, which says that the figures differ.
_CANNOT = 2


class Command(BaseCommand):
    help = (
        "Train again from a run's snapshot, by its settings and seed, and say whether its figures "
        "come out the same. Nothing is registered. Ends with 0 if they agree, 1 if they differ, 2 "
        "if the run can't be done again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, help="the number of a training run that succeeded")
        parser.add_argument(
            "--fresh-features", action="store_true",
            help="have the trunk read every picture again, instead of taking kept features",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        known = TrainingRun.objects.select_related("version", "snapshot")
        run = known.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no training run {options['run']}.", returncode=_CANNOT)
        try:
            with StageBar(f"run {run.pk} again") as bar:
                watch = Watch(partial(_show, bar))
                outcome = reproduce(run, watch, fresh_features=options["fresh_features"])
        except (
            ConfigError, NotReproducible, NothingToLearn, SplitError, WeightsUnavailable,
        ) as error:  # fmt: skip
            raise CommandError(str(error), returncode=_CANNOT) from None
        self._tell(run, outcome)
        if not outcome.agrees:
            differ = sum(not figure.agrees for figure in outcome.figures)
            raise CommandError(f"{differ} of {len(outcome.figures)} figures differ.", returncode=1)

    def _tell(self, run: TrainingRun, outcome: Reproduction) -> None:
        assert run.version is not None  # else it would not have been done again
        self.stdout.write(f"{'':26}{'before':>8}{'again':>8}")
        for figure in outcome.figures:
            self.stdout.write(_line(figure))
        if outcome.agrees:
            self.stdout.write(f"All {len(outcome.figures)} figures agree.")
        if outcome.same_version:
            self.stdout.write(f"The artefact is the same, byte by byte: {run.version}.")
            return
        self.stdout.write(
            f"The artefact is another one, {outcome.sha256[:12]}, not {run.version}: it differs in "
            f"{', '.join(outcome.differing)}."
        )
        if not outcome.same_code:
            self.stdout.write(f"The code is another: {outcome.code_after}")
            self.stdout.write(f"it was:              {outcome.code_before}")


def _line(figure: Repeated) -> str:
    before, after = ("–" if v is None else f"{v:.3f}" for v in (figure.before, figure.after))
    if figure.name == "faces":
        before, after = str(figure.before), str(figure.after)
    return f"{figure.name:26}{before:>8}{after:>8}  {'same' if figure.agrees else 'DIFFERS'}"


def _show(bar: StageBar, told: Progress) -> None:
    bar(told.done, told.total, told.stage)
