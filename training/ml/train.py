"""One training, top to bottom: split, features, heads, thresholds, figures, artefact."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import Manifest, write_artifact
from inference.ml.features import FeatureExtractor
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.trunk import build_trunk, fingerprint
from inference.ml.weights import load_conv_weights
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, action_unit_targets, dataset_sha256
from training.ml.evaluate import evaluate
from training.ml.extraction import extract
from training.ml.fit import fit_heads
from training.ml.network import build_heads, join
from training.ml.progress import Progress, Watch
from training.ml.recipes import RECIPES
from training.ml.split import split_by_subject
from training.ml.thresholds import choose_thresholds, unit_probabilities


@dataclass(frozen=True)
class TrainingResult:
    artifact_dir: Path
    artifact_sha256: str
    split: dict[int, str]
    metrics: dict[str, Any]
    history: dict[str, list[float]]
    dataset_sha256: str
    seconds: float


def train(
    config: TrainingConfig,
    samples: Sequence[Sample],
    *,
    weights: Path,
    cache_dir: Path,
    models_root: Path,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
) -> TrainingResult:
    """Train on `samples` and write an artefact. The same seed, data and versions give the same
    network.

    Raises
    ------
    SplitError
        Too few subjects.
    Cancelled
        `should_cancel` said so; it is asked at every batch of features and every epoch.
    """
    import keras

    started = time.monotonic()
    keras.utils.set_random_seed(config.seed)
    shares = (
        config.train_share,
        config.validation_share,
        1 - config.train_share - config.validation_share,
    )
    split = split_by_subject(samples, shares, config.seed)
    indices = {
        name: np.array([i for i, sample in enumerate(samples) if split[sample.id] == name])
        for name in ("train", "validation", "test")
    }

    conv_weights = load_conv_weights(weights)
    taps = RECIPES[config.recipe].taps
    trunk = build_trunk(conv_weights, config.input_size, taps)
    print_ = fingerprint(conv_weights, config.input_size, taps)
    extractor = FeatureExtractor(trunk, print_, cache_dir)
    watch = Watch(on_progress, should_cancel)
    plain, copies = extract(config, samples, indices["train"], extractor, watch)

    heads = build_heads(config, plain[indices["train"]])
    history = fit_heads(config, heads, samples, indices, plain, copies, watch)

    watch("evaluate", 0, 1)
    thresholds = {str(au): 0.5 for au in MODEL_ACTION_UNITS}
    manifest = Manifest(
        input_size=config.input_size,
        preprocessing_version=PREPROCESSING_VERSION,
        trunk_fingerprint=print_,
        thresholds=thresholds,
        dataset_sha256=dataset_sha256(samples),
        seed=config.seed,
        config=config.to_json(),
        metrics={},
        libraries={name: importlib.metadata.version(name) for name in _LIBRARIES},
    )
    predictor = Predictor(manifest, extractor, heads)
    if RECIPES[config.recipe].tuned_thresholds:
        validation = indices["validation"]
        thresholds |= choose_thresholds(
            action_unit_targets([samples[i] for i in validation]),
            unit_probabilities(predictor.predict_features(plain[validation])),
        )
    metrics = evaluate(samples, predictor.predict_features(plain), split)
    manifest.metrics.update({name: metrics[name] for name in ("test", "validation")})

    watch("artifact", 0, 1)
    folder, sha256 = write_artifact(
        models_root, manifest, lambda path: join(trunk, heads).save(path)
    )
    watch("artifact", 1, 1)
    return TrainingResult(
        folder, sha256, split, metrics, history, manifest.dataset_sha256,
        time.monotonic() - started,
    )  # fmt: skip


_LIBRARIES = ("keras", "tensorflow", "numpy", "pillow", "scikit-learn")
