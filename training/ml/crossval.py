"""k-fold cross-validation by subject: a prediction of every face by a model that never saw its
subject."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import Manifest
from inference.ml.features import FeatureExtractor, Features
from inference.ml.predictor import Prediction, Predictor
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.trunk import build_trunk, fingerprint
from inference.ml.weights import load_conv_weights
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, action_unit_targets
from training.ml.extraction import extract
from training.ml.fit import fit_heads
from training.ml.network import build_heads
from training.ml.progress import Progress, Watch
from training.ml.recipes import RECIPES
from training.ml.split import folds_by_subject
from training.ml.thresholds import choose_thresholds, unit_probabilities


def out_of_fold(
    config: TrainingConfig,
    samples: Sequence[Sample],
    *,
    folds: int,
    repeats: int,
    weights: Path,
    cache_dir: Path,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_cancel: Callable[[], bool] = lambda: False,
) -> list[list[Prediction]]:
    """Per repeat, a prediction of every sample, in the samples' order.

    Each fold is predicted by heads that stopped and chose their thresholds on the fold after it
    and were fitted on the others. The folds depend on the samples, `config.seed` and the repeat
    alone, so that two recipes are compared on the same ones.
    """
    taps = RECIPES[config.recipe].taps
    conv = load_conv_weights(weights)
    print_ = fingerprint(conv, config.input_size, taps)
    extractor = FeatureExtractor(build_trunk(conv, config.input_size, taps), print_, cache_dir)
    watch = Watch(on_progress, should_cancel)
    everyone = np.arange(len(samples))
    plain, copies = extract(config, samples, everyone, extractor, watch)
    result = []
    for repeat in range(repeats):
        fold_of = folds_by_subject(samples, folds, config.seed + repeat)
        predictions: dict[int, Prediction] = {}
        for fold in range(folds):
            watch("folds", repeat * folds + fold, repeats * folds)
            rows = _rows(fold_of, fold, folds)
            seeded = dataclasses.replace(config, seed=config.seed + repeat)
            predictor = _fold(seeded, samples, rows, plain, copies, extractor)
            held_out = rows["test"]
            answers = predictor.predict_features(plain[held_out])
            predictions.update(zip(held_out.tolist(), answers, strict=True))
        result.append([predictions[row] for row in everyone.tolist()])
    watch("folds", repeats * folds, repeats * folds)
    return result


def _rows(fold_of: NDArray[np.int64], fold: int, folds: int) -> dict[str, NDArray[np.int64]]:
    following = (fold + 1) % folds
    return {
        "test": np.flatnonzero(fold_of == fold),
        "validation": np.flatnonzero(fold_of == following),
        "train": np.flatnonzero((fold_of != fold) & (fold_of != following)),
    }


def _fold(
    config: TrainingConfig,
    samples: Sequence[Sample],
    rows: dict[str, NDArray[np.int64]],
    plain: Features,
    copies: Features,
    extractor: FeatureExtractor,
) -> Predictor:
    import keras

    keras.utils.set_random_seed(config.seed)
    train, validation = rows["train"], rows["validation"]
    offsets = np.arange(config.augmented_copies)[:, None] * len(samples)
    heads = build_heads(config, plain[train])
    silent = Watch(lambda progress: None, lambda: False)
    fit_heads(config, heads, samples, rows, plain, copies[(offsets + train).ravel()], silent)
    thresholds = {str(au): 0.5 for au in MODEL_ACTION_UNITS}
    manifest = Manifest(
        input_size=config.input_size,
        preprocessing_version=PREPROCESSING_VERSION,
        trunk_fingerprint="",
        thresholds=thresholds,
        dataset_sha256="",
        seed=config.seed,
        config=config.to_json(),
        metrics={},
        libraries={},
    )
    predictor = Predictor(manifest, extractor, heads)
    if RECIPES[config.recipe].tuned_thresholds:
        thresholds |= choose_thresholds(
            action_unit_targets([samples[row] for row in validation]),
            unit_probabilities(predictor.predict_features(plain[validation])),
        )
    return predictor
