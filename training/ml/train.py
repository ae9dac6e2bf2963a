"""One training, top to bottom: features, model, figures, artefact."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import Manifest, write_artifact
from inference.ml.expression_prior import emotions_of
from inference.ml.keras_file import save_network
from inference.ml.predictions import Prediction, Readings, predictions_of
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.prior_reader import PriorReader, described_prior
from inference.ml.projection import Projection
from training.ml.checkpoints import NOWHERE, Checkpoints, Keeping
from training.ml.config import TrainingConfig
from training.ml.curve_figures import RunCurves
from training.ml.dataset import Sample, check_learnable, dataset_sha256
from training.ml.doubts import promises_of
from training.ml.ensemble import FittedModel, fit_model
from training.ml.evaluate import evaluate
from training.ml.extraction import Pictures, RecipeTrunk, TrunkFiles, recipe_trunk
from training.ml.fairness_figures import Fairness
from training.ml.heads import join
from training.ml.help_to_train import checkpoints_of
from training.ml.int8_check import Read, Trained, check_int8
from training.ml.material import Material, gather
from training.ml.metrics import Metrics
from training.ml.prediction_sets import Answered, choose_cutoffs
from training.ml.probabilities import Outputs
from training.ml.probability_curves import run_curves
from training.ml.progress import Watch
from training.ml.projecting import fit_projection
from training.ml.small_algebra import small_algebra
from training.ml.split import hold_out
from training.ml.yardstick import measure_yardstick, not_above
from training.ml.yardstick_figures import Yardstick

_LIBRARIES = ("keras", "tensorflow", "numpy", "pillow", "scikit-learn")


@dataclass(frozen=True)
class TrainingResult:
    """The artefact of a training, and what was measured.

    `split` is by sample id: "test" where the test figures cover the sample, else "validation".
    """

    artifact_dir: Path
    artifact_sha256: str
    split: dict[int, str]
    metrics: Metrics
    probability_curves: RunCurves
    fairness: Fairness
    history: dict[str, list[float]]
    dataset_sha256: str
    seconds: float


def train(
    config: TrainingConfig,
    samples: Sequence[Sample],
    files: TrunkFiles,
    *,
    models_root: Path,
    watch: Watch,
    keeping: Keeping = NOWHERE,
) -> TrainingResult:
    """Train on `samples` and write an artefact.

    The same seed, data and versions give the same network, even when the training resumed from
    the checkpoints of one that died. Every sample is read by parts that never saw its subject:
    out of fold, or, with `config.test_share`, by the final model for test subjects that no part
    has seen.

    Parameters
    ----------
    config
        The recipe and its settings.
    samples
        Faces with their truth.
    files
        The trunk's weights and cache.
    models_root
        The folder that artefacts are written to.
    watch
        Hears of each stage, batch and epoch, and is asked at each whether to stop.
    keeping
        Where finished parts are kept meanwhile, and shared with workers that fit some of them, too
        (`help_to_train`).

    Raises
    ------
    SplitError
        Too few subjects.
    NothingToLearn
        Every label says the same.
    Cancelled
        `watch` was told to stop.
    """
    started = time.monotonic()
    check_learnable(samples)
    held_out = hold_out(samples, config.test_share, config.seed)
    known = np.flatnonzero(~held_out)
    trunk = recipe_trunk(config, files.weights)
    pictures = Pictures(samples, config)
    prior = files.prior_reader
    material = gather(config, pictures, trunk, files.cache_dir, watch, prior)
    digest = dataset_sha256(samples)
    Checkpoints.forget_old(keeping.root)
    checkpoints = checkpoints_of(config, samples, trunk, keeping)
    fitted = fit_model(config, material.subset(known), watch, checkpoints)

    readings, present = _readings(fitted, material, held_out)
    exact = Read(readings, present)
    trained = Trained(config, trunk, pictures, material, fitted, held_out, exact)
    int8 = check_int8(trained, files.cache_dir, watch)
    watch("evaluate", 0, 1)
    split = _split(config, samples, held_out)
    predictions = predictions_of(readings.emotion, readings.units, present, material.plain.quality)
    metrics, fairness = evaluate(samples, predictions, split)
    yardstick = _yardstick(samples, predictions, split, material.plain.prior)
    metrics = replace(
        metrics.with_flags(not_above(yardstick)),
        cross_validated=not config.test_share,
        calibration=fitted.calibration,
        yardstick=yardstick,
    )
    curves = run_curves(samples, readings, split)
    answered = Answered(readings, present, material.emotions, material.units, material.subjects)
    projection = _projection(material, known)
    digests = [sample.sha256 for sample in samples]
    promises = promises_of(answered, known, fitted.fold_of, projection, digests)
    metrics = replace(metrics, promises=promises)
    watch("artifact", 0, 1)
    folder, sha256 = write_artifact(
        models_root,
        replace(
            _manifest(
                config, fitted, metrics, trunk.fingerprint, digest, material.reference_kinds()
            ),
            sets=choose_cutoffs(answered[known]).to_json(),
            precision=trunk.precision,
            int8=int8.to_json(),
        ),
        lambda path: save_network(_joined(trunk, fitted, prior), path),
        _stored(samples, readings, present, known),
        projection,
    )
    checkpoints.clear()
    watch("artifact", 1, 1)
    return TrainingResult(
        folder,
        sha256,
        split,
        metrics,
        curves,
        fairness,
        fitted.history,
        digest,
        time.monotonic() - started,
    )


def _yardstick(
    samples: Sequence[Sample],
    predictions: Sequence[Prediction],
    split: dict[int, str],
    prior: NDArray[np.float32] | None,
) -> Yardstick:
    """Compare the predictions of the test faces with the prior's, of all n faces' (n, 7)."""
    rows = [row for row, sample in enumerate(samples) if split[sample.id] == "test"]
    pairs = [(samples[row], predictions[row]) for row in rows]
    return measure_yardstick(pairs, None if prior is None else emotions_of(prior[rows]))


def _split(
    config: TrainingConfig, samples: Sequence[Sample], held_out: NDArray[np.bool_]
) -> dict[int, str]:
    """Return each sample's split by its id; without a test share all are "test"."""
    tested = held_out if config.test_share else np.ones(len(samples), dtype=bool)
    return {
        sample.id: "test" if is_tested else "validation"
        for sample, is_tested in zip(samples, tested, strict=True)
    }


def _manifest(
    config: TrainingConfig,
    fitted: FittedModel,
    metrics: Metrics,
    trunk: str,
    data: str,
    kinds: list[str],
) -> Manifest:
    """Describe the model, given the trunk's fingerprint, the data's digest, and references."""
    return Manifest(
        input_size=config.input_size,
        preprocessing_version=PREPROCESSING_VERSION,
        framing=config.framing,
        trunk_fingerprint=trunk,
        thresholds=dict(zip(map(str, MODEL_ACTION_UNITS), fitted.mixture.thresholds, strict=True)),
        dataset_sha256=data,
        seed=config.seed,
        config=config.to_json(),
        metrics=Metrics(test=metrics.test, calibration=fitted.calibration).to_json(),
        libraries={name: importlib.metadata.version(name) for name in _LIBRARIES},
        extra={"mixture": fitted.mixture.to_json(), "compared_with": kinds}
        | ({"prior": described_prior()} if fitted.holds_prior else {}),
    )


def _joined(trunk: RecipeTrunk, fitted: FittedModel, prior: PriorReader | None) -> Any:
    """Return the whole network, with the prior in it where an expert asks it."""
    asked = prior.prior if prior is not None and fitted.holds_prior else None
    return join(trunk.model, fitted.heads, asked)


def _readings(
    fitted: FittedModel, material: Material, held_out: NDArray[np.bool_]
) -> tuple[Outputs, NDArray[np.bool_]]:
    """Return probabilities and decisions (n, 15) of every sample."""
    readings = Outputs.empty(len(held_out))
    present = np.zeros_like(readings.units, dtype=bool)
    known, unknown = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    readings.put(known, fitted.out_of_fold)
    present[known] = fitted.present
    if len(unknown):
        said = fitted.read(material.subset(unknown))
        readings.put(unknown, said)
        present[unknown] = fitted.mixture.present(said.units)
    return readings, present


def _projection(material: Material, rows: NDArray[np.int64]) -> Projection:
    chosen = [material.samples[row] for row in rows]
    with small_algebra(len(rows)):
        return fit_projection(
            material.plain.appearance[rows],
            [sample.sha256 for sample in chosen],
            [sample.subject for sample in chosen],
        )


def _stored(
    samples: Sequence[Sample],
    readings: Outputs,
    present: NDArray[np.bool_],
    rows: NDArray[np.int64],
) -> Readings:
    return Readings(
        np.array([samples[row].sha256 for row in rows]),
        readings.emotion[rows].astype(np.float32),
        readings.units[rows].astype(np.float32),
        present[rows],
    )
