"""Fitting the heads on cached features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from inference.ml.features import Features
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.heads import class_weights, compiled, positive_weights, warmed_up
from training.ml.recipes import RECIPES


def fit_heads(
    config: TrainingConfig,
    heads: Any,
    samples: Sequence[Sample],
    indices: dict[str, NDArray[np.int64]],
    plain: Features,
    copies: Features,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Fit `heads` on the training rows, stop by the validation rows; the losses by epoch.

    `plain` are the features of all samples, `copies` those of all their augmented copies, copy
    by copy. `on_epoch` is told each epoch, from 1, and its losses; it may raise to stop.
    """
    import keras

    emotions, units = emotion_targets(samples), action_unit_targets(samples)
    train, validation = indices["train"], indices["validation"]
    balanced = RECIPES[config.recipe].balanced
    by_class = class_weights(emotions[train]) if balanced else np.ones(len(EMOTIONS))

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
    offsets = np.arange(config.augmented_copies)[:, None] * len(samples)
    features = Features.concatenate([plain[train], copies[(offsets + train).ravel()]])
    y, weight = targets(rows)
    steps = -(-len(rows) // config.batch_size)
    most = config.max_positive_weight if balanced else 1.0
    schedule = warmed_up(config, steps)
    trainer = compiled(config, heads, positive_weights(units[train], most), schedule)

    def report(epoch: int, logs: dict[str, float]) -> None:
        on_epoch(epoch + 1, {name: float(value) for name, value in logs.items()})

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
