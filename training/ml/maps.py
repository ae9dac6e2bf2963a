"""Outputs of VGG16's frozen blocks, computed once for the blocks to be fine-tuned."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.ml.preprocessing import normalise
from inference.ml.weights import load_conv_weights
from training.ml.augment import augment_face
from training.ml.config import FINE_TUNE_FROM, TrainingConfig
from training.ml.extraction import Pictures
from training.ml.progress import Watch

Rows = NDArray[np.int64]

_BATCH = 16


@dataclass(frozen=True)
class Maps:
    """Outputs of the frozen blocks for n pictures, on disk.

    They are (1 + copies, n, side, side, channels) float16; the pictures first, then their augmented
    copies.
    """

    values: NDArray[np.float16]
    weights: Path


@dataclass(frozen=True)
class MapsOf:
    """The maps of some of the pictures."""

    maps: Maps
    rows: Rows

    @property
    def copies(self) -> int:
        """The number of augmented copies of each picture."""
        return len(self.maps.values) - 1

    def subset(self, rows: Rows) -> MapsOf:
        """Return the maps of some of these pictures, by their place among them."""
        return MapsOf(self.maps, self.rows[rows])

    def __call__(self, rows: Rows, copy: int = 0) -> NDArray[np.float32]:
        return np.asarray(self.maps.values[copy][self.rows[rows]], dtype=np.float32)


def compute_maps(
    config: TrainingConfig, pictures: Pictures, weights: Path, folder: Path, watch: Watch
) -> MapsOf:
    """Run every picture and copy through the frozen blocks.

    Parameters
    ----------
    config
        Says which blocks stay frozen, and how many copies there are.
    pictures
        n samples.
    weights
        The file of VGG16's weights.
    folder
        Where the maps lie while they are needed; the file goes away with the process.
    watch
        Hears how far it is.
    """
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
