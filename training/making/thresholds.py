"""The work of a run that makes a version with other thresholds. Nothing is trained."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic

import numpy as np
from django.conf import settings

from annotations.facs import MODEL_ACTION_UNITS
from annotations.tombstones import watermark
from facsweb.code_version import code_version
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import Progress, beating
from facsweb.problems import Conflict
from inference.artefact_copies import at_hand
from inference.artefacts import share
from inference.ml.artifact import load_readings
from inference.ml.graphs import copy_graphs
from inference.ml.predictions import Prediction, predictions_of
from inference.ml.rethreshold import decided_anew, with_thresholds
from training.making.champion_flags import flags_beside_champion
from training.making.coder_data import coded_faces
from training.making.stored_readings import StoredReadings, read_back
from training.making.train import publish
from training.ml.coder_checks import check_coders
from training.ml.evaluate import evaluate
from training.ml.imbalance import imbalance
from training.ml.metrics import Flag, Metrics
from training.ml.train import TrainingResult
from training.ml.yardstick import not_above
from training.models import TrainingRun
from training.selectors import run_of


class ParentGone(Conflict):
    code = "parent_gone"


def carry_out(run: TrainingRun) -> None:
    """Write the artefact, measure it by what its parent said of each face, and publish both."""
    with beating(run.beat, LEASE.total_seconds() / 4):  # artefacts may go over a network
        _carry_out(run)


def _carry_out(run: TrainingRun) -> None:
    began, since = monotonic(), watermark()
    parent = run.parent
    made = run_of(parent) if parent else None
    measured = made.figures if made else None
    curves = made.curve_figures if made else None
    if parent is None or made is None or measured is None or curves is None:
        raise ParentGone("The version whose thresholds were to change has no figures any more.")
    try:
        Progress(run).stage("evaluate", 1)
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
        return
    run.code, run.snapshot, run.data_facts = (
        code_version().to_json(),
        made.snapshot,
        made.data_facts,
    )
    run.save(update_fields=["code", "snapshot", "data_facts"])
    thresholds = {int(au): threshold for au, threshold in (run.thresholds or {}).items()}
    read = read_back(made)
    metrics, fairness = evaluate(read.samples, _decided(read, thresholds), read.split)
    theirs = at_hand(parent)
    folder, sha256 = with_thresholds(settings.MODELS_ROOT, theirs, thresholds, parent.sha256)
    copy_graphs(theirs, folder)  # whoever reads by it may not be able to make them
    metrics = replace(
        metrics,
        cross_validated=measured.cross_validated,
        calibration=measured.calibration,
        yardstick=measured.yardstick,  # of emotions, which stay as they are
        promises=measured.promises.without(thresholds) if measured.promises else None,
    )
    if measured.yardstick:
        metrics = metrics.with_flags(not_above(measured.yardstick))
    result = TrainingResult(
        folder, sha256, read.split, metrics, curves, fairness, {}, made.dataset_sha256,
        monotonic() - began,
    )  # fmt: skip
    flags = [*_flags(thresholds, metrics), *flags_beside_champion(read.samples, result)]
    result = replace(result, metrics=metrics.with_flags(flags))
    checks = check_coders(coded_faces(read.samples, load_readings(folder)))
    share(folder)
    publish(run, result, imbalance(read.samples, read.split), checks, since)


def _decided(read: StoredReadings, thresholds: dict[int, float]) -> list[Prediction]:
    present = np.array(
        [[each.au_present[au] for au in MODEL_ACTION_UNITS] for each in read.predictions]
    )
    quality = [each.quality for each in read.predictions]
    decided = decided_anew(read.said.units, present, thresholds)
    return predictions_of(read.said.emotion, read.said.units, decided, quality)


def _flags(thresholds: dict[int, float], metrics: Metrics) -> list[Flag]:
    """Warn that a threshold looks better on the faces that it was chosen by."""
    kept_apart = metrics.validation is not None
    where = "out of fold" if kept_apart else "here"
    message = (
        f"Its threshold was chosen by a person who saw these faces’ figures: its figures {where} "
        "flatter it."
    )
    return [Flag("chosen_threshold", f"AU{au}", "info", message) for au in thresholds]
