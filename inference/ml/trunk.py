"""VGG16's frozen convolution base and the features taken from it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.preprocessing import PREPROCESSING_VERSION, normalise
from inference.ml.weights import ConvWeights, weights_sha256

#: Blocks whose outputs are taken, and the grid that each is averaged to. The middle blocks at a
#: coarse spatial layout tell more of an expression than block 5 averaged over the whole face.
TAPS: tuple[tuple[str, int], ...] = (("block4_pool", 4), ("block5_pool", 2))

_BATCH = 16


def build_trunk(weights: ConvWeights, size: int, taps: Sequence[tuple[str, int]] = TAPS) -> Any:
    """A Keras model: normalised images (n, size, size, 3) to features (n, d), frozen.

    The layers have `keras.applications.VGG16`'s names, so that later stages can fine-tune them.
    """
    import keras
    from keras import layers

    base = keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(size, size, 3), name="vgg16"
    )
    for name, pair in weights.items():
        base.get_layer(name).set_weights(list(pair))
    base.trainable = False
    pooled = []
    for name, grid in taps:
        output = base.get_layer(name).output
        window = max(1, output.shape[1] // grid)
        output = layers.AveragePooling2D(window, name=f"{name}_grid")(output)
        pooled.append(layers.Flatten(name=f"{name}_features")(output))
    return keras.Model(base.input, layers.Concatenate(name="features")(pooled), name="trunk")


class FeatureExtractor:
    """Features of images, computed once per image and augmented copy, then cached on disk.

    Parameters
    ----------
    trunk
        From `build_trunk`.
    fingerprint
        What the features depend on beside the image: weights, size, taps, preprocessing.
    cache_dir
        Where features are kept as float16; None computes them each time.
    """

    def __init__(self, trunk: Any, fingerprint: str, cache_dir: Path | None) -> None:
        self.trunk = trunk
        self.folder = cache_dir / fingerprint if cache_dir else None
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)

    def cached(self, key: str) -> NDArray[np.float32] | None:
        if self.folder is None:
            return None
        try:
            with (self.folder / f"{key}.npy").open("rb") as stored:
                row: NDArray[np.float32] = np.load(stored, allow_pickle=False).astype(np.float32)
                return row
        except (OSError, ValueError, EOFError):
            return None

    def compute(self, images: NDArray[np.uint8], keys: Sequence[str | None]) -> NDArray[np.float32]:
        """Features of `images` (n, size, size, 3) uint8, stored under their keys."""
        features = []
        for first in range(0, len(images), _BATCH):
            batch = images[first : first + _BATCH]
            # A full batch every time: one compiled shape, and batch equals single.
            padded = np.zeros((_BATCH, *batch.shape[1:]), dtype=np.uint8)
            padded[: len(batch)] = batch
            features.append(self.trunk.predict_on_batch(normalise(padded))[: len(batch)])
        # Rounded as the cache rounds, so that a cached and a fresh answer are the same.
        rounded = np.concatenate(features).astype(np.float16)
        for key, row in zip(keys, rounded, strict=True):
            if key is not None:
                self._store(key, row)
        return rounded.astype(np.float32)

    def features(
        self,
        keys: Sequence[str | None],
        load: Callable[[int], NDArray[np.uint8]],
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """Features of len(keys) images; `load(i)` gives the i-th, cropped, when it is needed."""
        rows: list[NDArray[np.float32] | None] = [
            self.cached(key) if key is not None else None for key in keys
        ]
        missing = [index for index, row in enumerate(rows) if row is None]
        for first in range(0, len(missing), _BATCH):
            chunk = missing[first : first + _BATCH]
            if progress:
                progress(first, len(missing))
            images = np.stack([load(index) for index in chunk])
            for index, row in zip(
                chunk, self.compute(images, [keys[index] for index in chunk]), strict=True
            ):
                rows[index] = row
        if progress:
            progress(len(missing), len(missing))
        return np.stack([row for row in rows if row is not None])

    def _store(self, key: str, row: NDArray[np.float16]) -> None:
        if self.folder is None:
            return
        target = self.folder / f"{key}.npy"
        partial = target.with_suffix(f".{os.getpid()}.part")
        with partial.open("wb") as stream:
            np.save(stream, row, allow_pickle=False)
        partial.replace(target)


def fingerprint(weights: ConvWeights, size: int, taps: Sequence[tuple[str, int]] = TAPS) -> str:
    """Names all that a feature depends on but the image."""
    parts = (weights_sha256(weights), size, tuple(map(tuple, taps)), PREPROCESSING_VERSION)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
