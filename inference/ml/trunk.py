"""VGG16's frozen convolution base and its taps."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.weights import ConvWeights, weights_sha256

#: Blocks whose outputs are taken, and the grid that each is averaged to. The middle blocks at a
#: coarse spatial layout tell more of an expression than block 5 averaged over the whole face.
TAPS: tuple[tuple[str, int], ...] = (("block4_pool", 4), ("block5_pool", 2))


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


def fingerprint(weights: ConvWeights, size: int, taps: Sequence[tuple[str, int]] = TAPS) -> str:
    """Names all that a feature depends on but the image."""
    parts = (weights_sha256(weights), size, tuple(map(tuple, taps)), PREPROCESSING_VERSION)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
