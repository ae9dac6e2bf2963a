"""One training, top to bottom: split, features, heads, thresholds, figures, artefact."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.artifact import Manifest, write_artifact
from inference.ml.features import FeatureExtractor, Features
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import PREPROCESSING_VERSION, PreparedFace, load_face, prepare
from inference.ml.trunk import build_trunk, fingerprint
from inference.ml.weights import load_conv_weights
from training.ml.augment import augment_face
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, action_unit_targets, dataset_sha256, emotion_targets
from training.ml.evaluate import evaluate
from training.ml.network import build_heads, class_weights, compiled, join, positive_weights
from training.ml.split import split_by_subject
from training.ml.thresholds import choose_thresholds


class Cancelled(Exception):
    """The training was told to stop; it has left nothing behind but cached features."""


@dataclass(frozen=True)
class Progress:
    """How far a training is. `eta_seconds` is for the stage; epochs count from 1."""

    stage: str
    done: int
    total: int
    epoch: int | None = None
    losses: dict[str, float] = field(default_factory=dict)
    eta_seconds: float | None = None


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
    trunk = build_trunk(conv_weights, config.input_size)
    print_ = fingerprint(conv_weights, config.input_size)
    extractor = FeatureExtractor(trunk, print_, cache_dir)
    watch = _Watch(on_progress, should_cancel)
    plain, copies = _features(config, samples, indices["train"], extractor, watch)

    heads = build_heads(config, plain[indices["train"]])
    history = _fit(config, heads, samples, indices, plain, copies, watch)

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
    validation = indices["validation"]
    thresholds |= choose_thresholds(
        action_unit_targets([samples[i] for i in validation]),
        _unit_probabilities(predictor, plain[validation]),
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


class _Watch:
    """Passes progress on, and stops the training when it is told to."""

    def __init__(
        self, on_progress: Callable[[Progress], None], should_cancel: Callable[[], bool]
    ) -> None:
        self.on_progress = on_progress
        self.should_cancel = should_cancel
        self.stage = ""
        self.started = 0.0

    def __call__(
        self, stage: str, done: int, total: int, losses: dict[str, float] | None = None
    ) -> None:
        if self.should_cancel():
            raise Cancelled
        if stage != self.stage:
            self.stage, self.started = stage, time.monotonic()
        elapsed = time.monotonic() - self.started
        eta = elapsed / done * (total - done) if done else None
        epoch = done if losses is not None else None
        self.on_progress(Progress(stage, done, total, epoch, losses or {}, eta))


def _features(
    config: TrainingConfig,
    samples: Sequence[Sample],
    train: NDArray[np.int64],
    extractor: FeatureExtractor,
    watch: _Watch,
) -> tuple[Features, Features]:
    """Features of every sample (n), and of the training samples' copies (c * t)."""

    @lru_cache(maxsize=2048)  # a crop is 150 kB; each copy starts from the same one
    def face(index: int) -> PreparedFace:
        return prepare(load_face(samples[index].path), config.input_size)

    plain = extractor.features(
        [sample.sha256 for sample in samples],
        face,
        lambda done, total: watch("features", done, total),
    )
    keys = [
        (index, f"{samples[index].sha256}-{copy}")
        for copy in range(1, config.augmented_copies + 1)
        for index in train
    ]
    if not keys:
        return plain, plain[:0]
    copies = extractor.features(
        [key for _, key in keys],
        lambda k: augment_face(face(keys[k][0]), keys[k][1]),
        lambda done, total: watch("augmented features", done, total),
    )
    return plain, copies


def _fit(
    config: TrainingConfig,
    heads: Any,
    samples: Sequence[Sample],
    indices: dict[str, NDArray[np.int64]],
    plain: Features,
    copies: Features,
    watch: _Watch,
) -> dict[str, list[float]]:
    import keras

    emotions, units = emotion_targets(samples), action_unit_targets(samples)
    train, validation = indices["train"], indices["validation"]
    by_class = class_weights(emotions[train])

    def targets(rows: NDArray[np.int64]) -> tuple[dict[str, Any], dict[str, Any]]:
        coded = emotions[rows] >= 0
        one_hot = np.eye(len(EMOTIONS), dtype=np.float32)[np.maximum(emotions[rows], 0)]
        emotion_weight = by_class[np.maximum(emotions[rows], 0)] * coded
        ones = np.ones(len(rows), dtype=np.float32)
        return (
            {"emotion": one_hot, "action_units": units[rows]},
            {"emotion": emotion_weight.astype(np.float32), "action_units": ones},
        )

    rows = np.tile(train, 1 + config.augmented_copies)
    features = Features.concatenate([plain[train], copies])
    y, weight = targets(rows)
    steps = -(-len(rows) // config.batch_size)
    trainer = compiled(
        config, heads, positive_weights(units[train], config.max_positive_weight), steps
    )

    def report(epoch: int, logs: dict[str, float]) -> None:
        losses = {name: float(value) for name, value in logs.items()}
        watch("heads", epoch + 1, config.max_epochs, losses)

    fitted = trainer.fit(
        features.inputs(),
        y,
        sample_weight=weight,
        validation_data=(plain[validation].inputs(), *targets(validation)),
        batch_size=config.batch_size,
        epochs=config.max_epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_loss", patience=config.patience, restore_best_weights=True
            ),
            keras.callbacks.LambdaCallback(on_epoch_end=report),
        ],
    )
    return {name: [float(value) for value in values] for name, values in fitted.history.items()}


def _unit_probabilities(predictor: Predictor, features: Features) -> NDArray[np.float64]:
    rows = [
        [prediction.au_probabilities[au] for au in MODEL_ACTION_UNITS]
        for prediction in predictor.predict_features(features)
    ]
    return np.array(rows)
