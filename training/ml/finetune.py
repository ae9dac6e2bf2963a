"""The second stage: VGG16's last blocks, fine-tuned on augmented pixels at a low rate.

The blocks below stay frozen, so what they make of each picture and of its augmented copies is
computed once and kept on disk. Each fold has its own tuned blocks, which start from ImageNet's
weights and a logistic regression on their features; the epoch that the next fold prefers is kept,
the start included. How much the tuned readings count in the end is the mixture's choice, like
every expert's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.preprocessing import normalise
from inference.ml.weights import load_conv_weights
from training.ml.augment import augment_face
from training.ml.config import FINE_TUNE_FROM, TrainingConfig
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.extraction import Pictures
from training.ml.heads import class_weights, compiled, positive_weights
from training.ml.linear import LinearExpert, fit_linear
from training.ml.probabilities import Outputs
from training.ml.progress import Watch

Rows = NDArray[np.int64]

_BLOCKS = {"block5": ("block5",), "block4": ("block4", "block5")}
_GRID = 2
_BATCH = 16
_DROPOUT = 0.3


@dataclass(frozen=True)
class Maps:
    """What the frozen blocks make of n pictures: (1 + copies, n, side, side, channels) float16,
    on disk; the pictures first, then their augmented copies."""

    values: NDArray[np.float16]
    weights: Path


@dataclass(frozen=True)
class MapsOf:
    """The maps of some of the pictures."""

    maps: Maps
    rows: Rows

    @property
    def copies(self) -> int:
        return len(self.maps.values) - 1

    def subset(self, rows: Rows) -> MapsOf:
        return MapsOf(self.maps, self.rows[rows])

    def __call__(self, rows: Rows, copy: int = 0) -> NDArray[np.float32]:
        return np.asarray(self.maps.values[copy][self.rows[rows]], dtype=np.float32)


def compute_maps(
    config: TrainingConfig, pictures: Pictures, weights: Path, folder: Path, watch: Watch
) -> MapsOf:
    """Run every picture and copy through the frozen blocks; the file goes with the process."""
    import keras

    base = keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(config.input_size, config.input_size, 3)
    )
    for layer, pair in load_conv_weights(weights).items():
        base.get_layer(layer).set_weights(list(pair))
    stem = keras.Model(base.input, base.get_layer(FINE_TUNE_FROM[config.fine_tune]).output)
    samples = pictures.samples
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:  # the memory map keeps it open
        shape = (1 + config.augmented_copies, len(samples), *stem.output_shape[1:])
        values: NDArray[np.float16] = np.memmap(file, np.float16, "w+", shape=shape)
    total = shape[0] * shape[1]
    for copy in range(shape[0]):
        for first in range(0, len(samples), _BATCH):
            watch("maps", copy * shape[1] + first, total)
            rows = range(first, min(first + _BATCH, len(samples)))
            crops = np.zeros((_BATCH, *base.input_shape[1:]), dtype=np.uint8)
            for place, row in enumerate(rows):
                face = pictures.prepared(row)
                key = f"{samples[row].sha256}-{copy}"
                crops[place] = (augment_face(face, key) if copy else face).crop
            answers = stem.predict_on_batch(normalise(crops))
            values[copy, first : first + len(rows)] = np.asarray(answers)[: len(rows)]
    watch("maps", total, total)
    return MapsOf(Maps(values, weights), np.arange(len(samples)))


def build_tuned(config: TrainingConfig, shape: tuple[int, ...], weights: Path) -> Any:
    """A Keras model from the frozen blocks' map to both heads, as `network.build_heads` names
    them; the convolutions start from ImageNet's weights."""
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


def fit_tuned(
    config: TrainingConfig,
    network: Any,
    samples: Sequence[Sample],
    maps: MapsOf,
    train: Rows,
    validation: Rows,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Tune `network` on the training rows, keep the epoch with the best validation loss.

    Each epoch sees one version of each picture, the plain one or a copy, in turn.
    """
    import keras

    emotions, units = emotion_targets(samples), action_unit_targets(samples)
    _warm_start(config, network, maps, train, emotions, units)
    by_class = class_weights(emotions[train])
    steps = -(-len(train) // _BATCH) * config.fine_tune_epochs
    schedule = keras.optimizers.schedules.CosineDecay(config.fine_tune_rate, max(1, steps))
    weights = positive_weights(units[train], config.max_positive_weight)
    trainer = compiled(config, network, weights, schedule)

    def batch(rows: Rows, copy: int) -> tuple[Any, Any, Any]:
        one_hot = np.eye(len(EMOTIONS), dtype=np.float32)[np.maximum(emotions[rows], 0)]
        weight = (by_class[np.maximum(emotions[rows], 0)] * (emotions[rows] >= 0)).astype("f4")
        return (
            maps(rows, copy),
            {"emotion": one_hot, "action_units": units[rows]},
            {"emotion": weight, "action_units": np.ones(len(rows), dtype=np.float32)},
        )

    def validation_loss() -> float:
        chunks = [validation[at : at + _BATCH] for at in range(0, len(validation), _BATCH)]
        losses = [trainer.test_on_batch(*batch(chunk, 0), return_dict=True) for chunk in chunks]
        trainer.reset_metrics()
        return float(losses[-1]["loss"])  # Keras averages over the batches so far

    best, kept = validation_loss(), network.get_weights()
    history: dict[str, list[float]] = {"loss": [], "val_loss": []}
    for epoch in range(1, config.fine_tune_epochs + 1):
        order = np.random.default_rng([config.seed, epoch]).permutation(train)
        for at in range(0, len(order), _BATCH):
            copy = epoch % (maps.copies + 1)
            said = trainer.train_on_batch(*batch(order[at : at + _BATCH], copy), return_dict=True)
        trainer.reset_metrics()
        history["loss"].append(float(said["loss"]))
        history["val_loss"].append(validation_loss())
        if history["val_loss"][-1] < best:
            best, kept = history["val_loss"][-1], network.get_weights()
        on_epoch(epoch, {name: values[-1] for name, values in history.items()})
    network.set_weights(kept)
    return history


def _warm_start(
    config: TrainingConfig,
    network: Any,
    maps: MapsOf,
    rows: Rows,
    emotions: Rows,
    units: NDArray[np.float32],
) -> None:
    import keras

    body = keras.Model(network.input, network.get_layer("flat").output)
    chunks = [rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH)]
    features = np.concatenate([np.asarray(body(maps(chunk), training=False)) for chunk in chunks])
    start: LinearExpert = fit_linear(features, emotions[rows], units[rows], config.linear_strength)
    bias = start.bias - start.mean @ start.kernel
    classes = len(EMOTIONS)
    network.get_layer("emotion").set_weights([start.kernel[:, :classes], bias[:classes]])
    network.get_layer("action_units").set_weights([start.kernel[:, classes:], bias[classes:]])


def tuned_outputs(network: Any, maps: MapsOf, rows: Rows) -> Outputs:
    """What a tuned network says of the plain pictures."""
    result = Outputs.empty(len(rows))
    for at in range(0, len(rows), _BATCH):
        said = network(maps(rows[at : at + _BATCH]), training=False)
        part = Outputs(np.asarray(said["emotion"]), np.asarray(said["action_units"]))
        result.put(np.arange(at, min(at + _BATCH, len(rows))), part)
    return result
