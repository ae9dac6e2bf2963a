"""What a worker does for a training run: train, register, have every face predicted."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import transaction

from facsweb.jobs.models import Run
from inference.ml.artifact import load_manifest
from inference.ml.trunk import trunk_weights
from inference.services import register_version, request_inference
from training.dataset_snapshot import accepted_samples
from training.ml.config import TrainingConfig
from training.ml.progress import Cancelled, Progress
from training.ml.train import TrainingResult, train
from training.models import TrainingRun

_SECONDS_BETWEEN_REPORTS = 1.0


class _Reporter:
    """Stores progress, at most once a second but for a new stage or a finished epoch."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        self.stage = ""
        self.epoch: int | None = None
        self.history: dict[str, list[float]] = {}
        self.reported = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        new_epoch = progress.epoch is not None and progress.epoch != self.epoch
        if new_epoch:
            self.epoch = progress.epoch
            if progress.epoch == 1:  # another fold
                self.history = {}
            for name, value in progress.losses.items():
                self.history.setdefault(name, []).append(value)
        due = now - self.reported >= _SECONDS_BETWEEN_REPORTS
        if progress.stage == self.stage and not due:
            return
        self.stage, self.reported = progress.stage, now
        self.run.report(
            stage=progress.stage,
            done=progress.done,
            total=progress.total,
            eta_seconds=progress.eta_seconds,
        )
        if self.history:
            TrainingRun.objects.filter(pk=self.run.pk).update(
                epoch=self.epoch, history=self.history
            )


class _CancelPoll:
    """Asks the row at most once a second: training asks far more often."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        self.asked = 0.0
        self.cancelled = False

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self.cancelled and now - self.asked >= _SECONDS_BETWEEN_REPORTS:
            self.asked = now
            self.cancelled = self.run.is_cancelled()
        return self.cancelled


def carry_out(run: TrainingRun) -> None:
    run.report(stage="weights", done=0, total=1, eta_seconds=None)
    config = TrainingConfig.from_json(run.config)
    weights = trunk_weights(config.trunk, settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
    try:
        result = train(
            config,
            accepted_samples(),
            weights=weights,
            cache_dir=settings.FEATURE_CACHE,
            models_root=settings.MODELS_ROOT,
            checkpoint_root=settings.CHECKPOINT_ROOT,
            on_progress=_Reporter(run),
            should_cancel=_CancelPoll(run),
        )
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
        return
    _publish(run, result)


@transaction.atomic
def _publish(run: TrainingRun, result: TrainingResult) -> None:
    """All or nothing; a run that was ended or taken over meanwhile publishes nothing."""
    if not run.finish(Run.Status.SUCCEEDED):
        return
    manifest = load_manifest(result.artifact_dir)
    version = register_version(result.artifact_dir, result.artifact_sha256, manifest.to_json())
    run.version = version
    run.inference_run = request_inference(version, None, splits=result.split)
    run.metrics = result.metrics.to_json()
    run.history = result.history
    run.dataset_sha256 = result.dataset_sha256
    run.save(update_fields=["version", "inference_run", "metrics", "history", "dataset_sha256"])
