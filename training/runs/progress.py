"""Progress of a training as its run stores it: how much is over, what is left, curves and log."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from annotations.facs.reference_kind import ReferenceKind
from facsweb.jobs.progress import Progress
from training.ml import progress as ml
from training.ml.config import TrainingConfig
from training.ml.curves import Curves, best_epoch
from training.ml.dataset import Sample
from training.ml.forecast import Forecast
from training.ml.stage_plan import learned_rates, plan_of
from training.models import TrainingRun, label_of
from training.runs.durations import stage_times

_SECONDS_BETWEEN_CURVES = 2.0
#: A stage that is silent for longer is reported again, with the time that is left by then.
TICK_SECONDS = 2.0


class TrainingProgress(Progress):
    """Progress of a whole training, with the losses of each fit, epoch by epoch, and a log."""

    def __init__(self, run: TrainingRun) -> None:
        super().__init__(run)
        self._training = run
        self._forecast = Forecast({})
        self._told: ml.Progress | None = None
        self._epoch: int | None = None
        self._history: dict[str, list[float]] = {}
        self._curves = Curves()
        self._curves_stored = 0.0
        self._lock = threading.RLock()

    def expect(self, config: TrainingConfig, samples: Sequence[Sample]) -> None:
        """Make the plan of the training, by what stages of earlier ones took."""
        subjects = len({sample.subject for sample in samples})
        references = {each.reference for each in samples if each.reference}
        frames = sum(each.kind == ReferenceKind.NEUTRAL for each in references)
        plan = plan_of(config, len(samples), subjects, frames)
        self._forecast = Forecast(plan, learned_rates(stage_times()), self._training.overall)
        self._log.write(f"Begun with {len(samples)} faces of {subjects} subjects.")

    def hear(self, told: ml.Progress) -> None:
        """Take in how far the training is, and store it now and then."""
        with self._lock:
            self._forecast.hear(told, time.monotonic())
            self._keep_losses(told)
            if told.stage != self._stage:
                self._log_stage(told)
                self.begin(told.stage)
            self._told = told
            self.store(told.done, told.total)

    def tick(self) -> None:
        """Store that time goes by where a stage tells nothing for a while; from any thread."""
        with self._lock:
            if self._told is not None and time.monotonic() - self._stored >= TICK_SECONDS:
                self.hear(self._told)

    def note(self, text: str) -> None:
        """Write to the log, and store all that is known."""
        with self._lock:
            self._log.write(text)
            self._curves_stored = self._stored = 0.0
            told = self._told
            self.store(told.done if told else 0, told.total if told else 0)

    def seconds_left(self, elapsed: float, done: int, total: int) -> float | None:
        return self._forecast.seconds_left

    def more_to_store(self) -> dict[str, Any]:
        more: dict[str, Any] = {
            **super().more_to_store(),
            "overall": self._forecast.share,
            "stage_times": [stage.to_json() for stage in self._forecast.finished],
        }
        if self._history:
            more |= {"epoch": self._epoch, "history": self._history}
        now = time.monotonic()
        if self._history and now - self._curves_stored >= _SECONDS_BETWEEN_CURVES:
            self._curves_stored = now
            more["curves"] = self._curves.to_json()
        return more

    def _keep_losses(self, told: ml.Progress) -> None:
        if told.epoch is None:
            return
        if told.epoch == 1:  # another fit
            self._history = {}
        elif told.epoch == self._epoch:
            return
        self._epoch = told.epoch
        for name, value in told.losses.items():
            self._history.setdefault(name, []).append(value)
        self._curves.add(told.stage, told.epoch, told.losses)

    def _log_stage(self, told: ml.Progress) -> None:
        """Write down how the last stage ended, and that another begins."""
        last = self._told
        if last is not None and last.epoch is not None:
            self._log.write(_fit_in_words(last, self._curves))
        label = label_of(told.stage)
        counted = "features" in told.stage or told.stage == "maps"
        text = f"{label[0].upper()}{label[1:]}"
        if counted:
            text += (
                f": {told.total} to compute, the rest is cached" if told.total else ": all cached"
            )
        self._log.write(f"{text}.")


def _fit_in_words(last: ml.Progress, curves: Curves) -> str:
    label = label_of(last.stage)
    text = f"{label[0].upper()}{label[1:]}: {last.done} of at most {last.total} epochs"
    best = best_epoch(curves.of(last.stage))
    if best is not None:
        text += f", least validation loss {best[1]:.3f} after epoch {best[0]}"
    return f"{text}, found as another worker left it." if last.found else f"{text}."
