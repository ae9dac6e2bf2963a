"""Fitting the heads on cached features."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from annotations.facs import EMOTIONS
from inference.ml.features import Features
from training.ml.config import TrainingConfig
from training.ml.losses import class_weights, positive_weights
from training.ml.material import Material, Targets
from training.ml.recipes import RECIPES
from training.ml.split import Fold
from training.ml.trainer import Batch, Lessons, Pace, Trainer, batches

_WARM_UP = 2  # epochs


def heads_trainer(config: TrainingConfig, heads: Any) -> Trainer:
    """Return what fits heads: Adam, warmed up over two epochs, then decaying along a cosine.

    Parameters
    ----------
    config
        The peak of the rate, and how many epochs there are.
    heads
        From `heads.build_heads`; it becomes the trainer's.
    """
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(
        config.learning_rate * 0.1,
        decay_steps=max(1, config.max_epochs - _WARM_UP),
        warmup_target=config.learning_rate,
        warmup_steps=_WARM_UP,
    )
    # A training of no more epochs than that keeps its last one.
    warm_up = min(_WARM_UP, config.max_epochs - 1)
    return Trainer(config, heads, schedule, Pace(config.max_epochs, config.patience, warm_up))


def fit_heads(
    trainer: Trainer,
    config: TrainingConfig,
    heads: Any,
    material: Material,
    fold: Fold,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Fit `heads` on a fold's faces and their copies; keep the epoch with the best validation loss.

    Parameters
    ----------
    trainer
        From `heads_trainer`.
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
    balanced = RECIPES[config.recipe].balanced
    emotions, units = material.emotions[fold.fit], material.units[fold.fit]
    by_class = class_weights(emotions) if balanced else np.ones(len(EMOTIONS))
    targets = Targets(material.emotions, material.units, by_class)
    rows = np.tile(fold.fit, 1 + config.augmented_copies)
    features = Features.concatenate([material.plain[fold.fit], material.copies_of(fold.fit)])
    inputs, size = features.inputs_of(heads), config.batch_size

    def epoch(number: int) -> Iterator[Batch]:
        order = np.random.default_rng([config.seed, number]).permutation(len(rows))
        for chunk in batches(order, size):
            x = {name: values[chunk] for name, values in inputs.items()}
            yield x, *targets(rows[chunk])

    def validation() -> Iterator[Batch]:
        for chunk in batches(fold.stop, size):
            yield material.plain[chunk].inputs_of(heads), *targets(chunk)

    weights = positive_weights(units, config.max_positive_weight if balanced else 1.0)
    lessons = Lessons(epoch, validation, -(-len(rows) // size), weights)
    return trainer.fit(heads, lessons, on_epoch)
