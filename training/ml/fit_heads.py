"""Fitting the heads on cached features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from annotations.facs import EMOTIONS
from inference.ml.features import Features
from training.ml.config import TrainingConfig
from training.ml.losses import class_weights, compiled, positive_weights, warmed_up
from training.ml.material import Material, Targets
from training.ml.recipes import RECIPES
from training.ml.split import Fold


def fit_heads(
    config: TrainingConfig,
    heads: Any,
    material: Material,
    fold: Fold,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Fit `heads` on a fold's faces and their copies; keep the epoch with the best validation loss.

    Parameters
    ----------
    heads
        From `heads.build_heads`; they are changed in place.
    material
        All faces and copies.
    fold
        The faces to learn from, and those to validate on.
    on_epoch
        Called after each epoch with its number, from 1, and its losses; it may raise to stop.

    Returns
    -------
    dict
        Losses by epoch, by Keras's names.
    """
    import keras

    balanced = RECIPES[config.recipe].balanced
    emotions, units = material.emotions[fold.fit], material.units[fold.fit]
    by_class = class_weights(emotions) if balanced else np.ones(len(EMOTIONS))
    targets = Targets(material.emotions, material.units, by_class)
    rows = np.tile(fold.fit, 1 + config.augmented_copies)
    features = Features.concatenate([material.plain[fold.fit], material.copies_of(fold.fit)])
    schedule = warmed_up(config, steps=-(-len(rows) // config.batch_size))
    most = config.max_positive_weight if balanced else 1.0
    trainer = compiled(config, heads, positive_weights(units, most), schedule)
    y, weight = targets(rows)

    def report(epoch: int, logs: dict[str, float]) -> None:
        on_epoch(epoch + 1, {name: float(value) for name, value in logs.items()})

    fitted = trainer.fit(
        features.inputs(),
        y,
        sample_weight=weight,
        validation_data=(material.plain[fold.stop].inputs(), *targets(fold.stop)),
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
