"""The work of a training run, done by a worker: train, register, have every face predicted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import transaction

from annotations.faces.drawings import mark_drawings
from annotations.tombstones import aware_of_withdrawals, check_nobody_withdrew, watermark
from annotations.withdrawal.parts import remove_files
from annotations.withdrawal.this_machine import catch_up
from facsweb.code_version import code_version
from facsweb.jobs.models import Run
from facsweb.jobs.progress import beating
from inference.artefacts import share
from inference.ml.artifact import load_manifest, load_readings
from inference.ml.feature_cache import kept_only_if, prune
from inference.ml.graph_maker import make_graphs
from inference.ml.trunk import trunk_weights
from inference.models import ModelVersion
from inference.registry import register_version
from inference.services import request_inference
from inference.shared_features import sharing_features
from training.cards.count_data import count_data, drawn_share
from training.making.champion_flags import flags_beside_champion
from training.making.coder_data import coded_faces
from training.making.prior import prior_weights
from training.making.samples import freeze_truth
from training.making.shared_fits import FitsOfRun, forget_shared_fits
from training.mirror.deliveries import NOT_INSTALLED, is_installed, is_wanted, queue_run
from training.ml import progress as ml
from training.ml.balance import Balance
from training.ml.checkpoints import Checkpoints, Keeping
from training.ml.coder_checks import CoderChecks, check_coders
from training.ml.config import TrainingConfig
from training.ml.extraction import TrunkFiles
from training.ml.imbalance import imbalance
from training.ml.train import TrainingResult, train
from training.models import FairnessReport, TrainingRun
from training.promotion import crown_first
from training.runs.lineage import data_changes
from training.runs.progress import TICK_SECONDS, TrainingProgress


def carry_out(run: TrainingRun) -> None:
    catch_up()
    progress, since = TrainingProgress(run), watermark()
    try:
        with (
            beating(progress.tick, TICK_SECONDS),
            kept_only_if(run.is_mine),
            aware_of_withdrawals("the model"),
            sharing_features(),
        ):
            _carry_out(run, progress, since)
    except Exception as error:
        progress.note(f"Failed: {type(error).__name__}.")
        raise
    finally:
        if watermark() > since:  # what it was computing may have been written since
            Checkpoints.forget_all(settings.CHECKPOINT_ROOT)
            forget_shared_fits()
            remove_files()
        prune(settings.FEATURE_CACHE, settings.FEATURE_CACHE_MAX_BYTES)


def _carry_out(run: TrainingRun, progress: TrainingProgress, since: int) -> None:
    config = TrainingConfig.from_json(run.config)
    run.code = code_version().to_json()
    progress.begin("labels")
    run.snapshot, samples = freeze_truth(progress.store)
    run.data_changes = data_changes(run.snapshot, run.parent)
    run.save(update_fields=["code", "snapshot", "data_changes"])
    progress.expect(config, samples)
    if is_wanted() and not is_installed():
        progress.note(NOT_INSTALLED)
    progress.hear(ml.Progress("weights", 0, 1))
    weights = trunk_weights(config.trunk, settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
    prior = prior_weights(asked=config.asks_prior)
    try:
        result = train(
            config,
            samples,
            TrunkFiles(weights, settings.FEATURE_CACHE, prior),
            models_root=settings.MODELS_ROOT,
            watch=ml.Watch(progress.hear, progress.is_cancelled),
            keeping=Keeping(settings.CHECKPOINT_ROOT, lambda name: FitsOfRun(run, name)),
        )
    except ml.Cancelled:
        progress.note("Stopped: it was cancelled, or its worker is stopping.")
        run.finish(Run.Status.CANCELLED)
        return
    _make_graphs(result.artifact_dir)
    mark_drawings(settings.DEMO_DATA)
    facts = count_data(run.snapshot, load_readings(result.artifact_dir))
    TrainingRun.objects.filter(pk=run.pk).update(data_facts=facts.to_json())
    flags = flags_beside_champion(samples, result)
    result = replace(result, metrics=result.metrics.with_flags(flags))
    checks = check_coders(coded_faces(samples, load_readings(result.artifact_dir)))
    share(result.artifact_dir)
    progress.note(f"Trained in {result.seconds:.0f} s.")
    publish(run, result, imbalance(samples, result.split), checks, since)


def _make_graphs(artifact: Path) -> None:
    """Make the graphs that workers read faces by, here, where TensorFlow is loaded.

    Without room for them the training fails and says so, not whoever asks the published version
    first; and nothing of it stays but the checkpoints, from which it goes on.
    """
    try:
        make_graphs(artifact)
    except Exception:
        if not ModelVersion.objects.filter(folder=artifact.name).exists():
            shutil.rmtree(artifact, ignore_errors=True)
        raise


@transaction.atomic
def publish(
    run: TrainingRun, result: TrainingResult, balance: Balance, checks: CoderChecks, since: int
) -> None:
    """Publish all of a result, or nothing where the run was ended or taken over meanwhile.

    Nor where a subject withdrew since the `watermark` given. Raises WithdrawnMeanwhile.
    """
    check_nobody_withdrew(since, "the model")
    if not run.finish(Run.Status.SUCCEEDED):
        return
    manifest = load_manifest(result.artifact_dir)
    version = register_version(
        result.artifact_dir,
        result.artifact_sha256,
        manifest.to_json(),
        drawn_share=drawn_share(run.snapshot),
        by=run.requested_by if run.thresholds else None,
        reason=run.reason or "It was trained.",
    )
    crown_first(version, result.metrics)
    run.version = version
    run.inference_run = request_inference(version, None, splits=result.split)
    run.metrics = result.metrics.to_json()
    run.balance = balance.to_json()
    run.probability_curves = result.probability_curves.to_json()
    run.history = result.history
    run.dataset_sha256 = result.dataset_sha256
    run.save(
        update_fields=[
            "version", "inference_run", "metrics", "balance", "probability_curves", "history",
            "dataset_sha256",
        ]
    )  # fmt: skip
    FairnessReport.objects.create(
        run=run, groups=result.fairness.to_json(), coders=checks.to_json()
    )
    queue_run(run)
