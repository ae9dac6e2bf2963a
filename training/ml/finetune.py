"""The second stage: VGG16's last blocks, fine-tuned on augmented pixels at a low rate.

The blocks below stay frozen, so their outputs for each picture and its augmented copies are
computed once and kept on disk. Each fold has its own tuned blocks, which start from ImageNet's
weights and a logistic regression on their features; the epoch that the next fold prefers is kept,
the start included. How much the tuned readings count in the end is the mixture's choice, like
every expert's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.weights import load_conv_weights
from training.ml.config import TrainingConfig
from training.ml.linear import LinearExpert, fit_linear
from training.ml.losses import class_weights, positive_weights
from training.ml.maps import MapsOf
from training.ml.material import Material, Targets
from training.ml.probabilities import Outputs
from training.ml.split import Fold
from training.ml.trainer import Batch, Lessons, Pace, Trainer, batches

Rows = NDArray[np.int64]

_BLOCKS = {"block5": ("block5",), "block4": ("block4", "block5")}
_GRID = 2
_BATCH = 16
_DROPOUT = 0.3


def build_tuned(config: TrainingConfig, shape: tuple[int, ...], weights: Path) -> Any:
    """Build the blocks that are to be tuned, from the frozen blocks' map to both heads.

    Parameters
    ----------
    config
        Names the blocks, and the strength of L2.
    shape
        (side, side, channels) of the maps.
    weights
        The file of VGG16's ImageNet weights, from which the convolutions start.

    Returns
    -------
    keras.Model
        Maps (n, side, side, channels) to {"emotion": (n, 3), "action_units": (n, 15)}.
    """
    import keras
    from keras import layers

    conv = load_conv_weights(weights)
    x = entry = keras.Input(shape, name="map")
    for block in _BLOCKS[config.fine_tune]:
        for name in (f"{block}_conv{number}" for number in (1, 2, 3)):
            layer = layers.Conv2D(512, 3, padding="same", activation="relu", name=name)
            x = layer(x)
            layer.set_weights(list(conv[name]))
        x = layers.MaxPooling2D(2, name=f"{block}_pool")(x)
    x = layers.AveragePooling2D(max(1, x.shape[1] // _GRID), name="grid")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(_DROPOUT)(x)
    regular = keras.regularizers.L2(config.l2)
    emotion = layers.Dense(
        len(EMOTIONS), activation="softmax", kernel_regularizer=regular, name="emotion"
    )(x)
    units = layers.Dense(
        len(MODEL_ACTION_UNITS), activation="sigmoid", kernel_regularizer=regular,
        name="action_units",
    )(x)  # fmt: skip
    return keras.Model(entry, {"emotion": emotion, "action_units": units}, name="tuned")


def tuned_trainer(config: TrainingConfig, network: Any) -> Trainer:
    """Return what tunes blocks: Adam at a low rate that decays along a cosine.

    Parameters
    ----------
    config
        The first rate, and how many epochs there are.
    network
        From `build_tuned`; it becomes the trainer's.
    """
    import keras

    epochs = max(1, config.fine_tune_epochs)
    schedule = keras.optimizers.schedules.CosineDecay(config.fine_tune_rate, epochs)
    return Trainer(config, network, schedule, Pace(epochs, patience=epochs))


def fit_tuned(
    trainer: Trainer,
    config: TrainingConfig,
    network: Any,
    material: Material,
    fold: Fold,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Tune `network` on a fold's faces, and keep the epoch with the best validation loss.

    Each epoch sees one version of each picture, the plain one or a copy, in turn.

    Parameters
    ----------
    trainer
        From `tuned_trainer`.
    network
        From `build_tuned`; it is changed in place.
    material
        All faces, with maps.
    fold
        The faces to learn from, and those to validate on.
    on_epoch
        Called after each epoch with its number, from 1, and its losses; it may raise to stop.

    Returns
    -------
    dict
        Losses by epoch, by Keras's names.
    """
    maps = _maps_of(material)
    by_class = class_weights(material.emotions[fold.fit])
    targets = Targets(material.emotions, material.units, by_class)
    _warm_start(config, network, material, fold.fit)

    def epoch(number: int) -> Iterator[Batch]:
        order = np.random.default_rng([config.seed, number]).permutation(fold.fit)
        return batches_of(order, copy=number % (maps.copies + 1))

    def batches_of(rows: Rows, copy: int = 0) -> Iterator[Batch]:
        for chunk in batches(rows, _BATCH):
            yield maps(chunk, copy), *targets(chunk)

    weights = positive_weights(material.units[fold.fit], config.max_positive_weight)
    steps = -(-len(fold.fit) // _BATCH)
    lessons = Lessons(epoch, lambda: batches_of(fold.stop), steps, weights)
    return trainer.fit(network, lessons, on_epoch)


def _maps_of(material: Material) -> MapsOf:
    if material.maps is None:
        raise ValueError("Fine-tuning starts from maps, and this material has none.")
    return material.maps


def _warm_start(config: TrainingConfig, network: Any, material: Material, rows: Rows) -> None:
    """Start both heads as logistic regressions on the blocks' features of the plain pictures."""
    import keras

    maps = _maps_of(material)
    body = keras.Model(network.input, network.get_layer("flat").output)
    features = np.concatenate(
        [np.asarray(body(maps(chunk), training=False)) for chunk in batches(rows, _BATCH)]
    )
    start: LinearExpert = fit_linear(
        features, material.emotions[rows], material.units[rows], config.linear_strength
    )
    bias = start.bias - start.mean @ start.kernel
    classes = len(EMOTIONS)
    network.get_layer("emotion").set_weights([start.kernel[:, :classes], bias[:classes]])
    network.get_layer("action_units").set_weights([start.kernel[:, classes:], bias[classes:]])


def tuned_outputs(network: Any, maps: MapsOf, rows: Rows) -> Outputs:
    """Read the plain pictures with a tuned network.

    Parameters
    ----------
    network
        From `build_tuned`.
    maps
        The maps of all pictures.
    rows
        (m,) which to read.

    Returns
    -------
    Outputs
        Probabilities of m faces.
    """
    result = Outputs.empty(len(rows))
    for at in range(0, len(rows), _BATCH):
        said = network(maps(rows[at : at + _BATCH]), training=False)
        part = Outputs(np.asarray(said["emotion"]), np.asarray(said["action_units"]))
        result.put(np.arange(at, min(at + _BATCH, len(rows))), part)
    return result
