"""Frozen convolution bases and their taps; VGG16 unless a configuration names another."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.ml.precision import Precision
from inference.ml.preprocessing import IMAGENET_BGR_MEAN, PREPROCESSING_VERSION
from inference.ml.runtime import Light
from inference.ml.weights import (
    WEIGHTS_SHA256,
    WeightsUnavailable,
    fetch_weights,
    load_conv_weights,
)

_KERAS_HOST = "storage.googleapis.com"


@dataclass(frozen=True)
class TrunkKind:
    """A network of `keras.applications`.

    Attributes
    ----------
    application
        Its name there.
    layers
        Where it is tapped, at 1/16 and at 1/32 of the picture's side.
    scaled
        Whether it wants RGB between -1 and 1 (Keras's mode "tf"), not BGR minus ImageNet's mean.
    """

    application: str
    layers: dict[str, str]
    scaled: bool = False


TRUNKS = {
    "vgg16": TrunkKind("VGG16", {"middle": "block4_pool", "last": "block5_pool"}),
    "vgg19": TrunkKind("VGG19", {"middle": "block4_pool", "last": "block5_pool"}),
    "resnet50": TrunkKind("ResNet50", {"middle": "conv4_block6_out", "last": "conv5_block3_out"}),
    "mobilenet_v2": TrunkKind(
        "MobileNetV2", {"middle": "block_13_expand_relu", "last": "out_relu"}, scaled=True
    ),
}

#: Where a trunk is tapped and to what grid each tap is averaged. The middle at a coarse spatial
#: layout says more about an expression than the last averaged over the whole face.
TAPS: tuple[tuple[str, int], ...] = (("middle", 4), ("last", 2))
#: Raised when a tap of the same name is averaged in another way; cached features are keyed by it.
_POOLING_VERSION = 2
_FEATURES = "_features"


def tap_names(taps: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Return the names of taps, as layers and cached features are called.

    Examples
    --------
    >>> tap_names(TAPS)
    ('middle4', 'last2')
    """
    return tuple(f"{tap}{grid}" for tap, grid in taps)


def tap_widths(trunk: Any) -> dict[str, int]:
    """Return the columns of each tap by name, in the order of the trunk's output.

    Parameters
    ----------
    trunk
        From `build_trunk`, or an artefact's; of Keras or of the light runtime.
    """
    if isinstance(trunk, Light):
        return trunk.widths
    return {
        layer.name.removesuffix(_FEATURES): layer.output.shape[1]
        for layer in trunk.layers
        if layer.name.endswith(_FEATURES)
    }


def trunk_weights(name: str, dest: Path, vgg16_source: Path | None = None) -> Path:
    """Return the file of a trunk's ImageNet weights; fetch it if it isn't there.

    Parameters
    ----------
    name
        One of `TRUNKS`.
    dest
        The folder where such files are kept.
    vgg16_source
        A file of VGG16's weights to take instead.

    Raises
    ------
    WeightsUnavailable
        No source gives the weights; the message says how to get them.
    """
    if name == "vgg16":
        return fetch_weights(dest, vgg16_source)
    target = dest / f"{name}_imagenet_notop.weights.h5"
    if target.exists():
        return target
    kind = TRUNKS[name]
    try:
        with socket.create_connection((_KERAS_HOST, 443), timeout=3):
            pass
        base = _base(kind, 224, "imagenet")
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(
            f"{kind.application}'s ImageNet weights could not be downloaded ({error}). On a "
            f"machine with network access run `keras.applications.{kind.application}"
            f"(include_top=False).save_weights('{target.name}')`, and put the file into {dest}."
        ) from None
    dest.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{os.getpid()}-{target.name}")
    base.save_weights(partial)
    partial.replace(target)
    return target


def build_trunk(
    name: str,
    weights: Path,
    size: int,
    taps: Sequence[tuple[str, int]] = TAPS,
) -> Any:
    """Build a frozen trunk.

    The layers have `keras.applications`' names. The output of one tap alone is that of the layer
    `{tap}_features`, where a tap is called as `tap_names` does.

    Parameters
    ----------
    name
        One of `TRUNKS`.
    weights
        The file of its weights, from `trunk_weights`.
    size
        The pictures' side, in pixels.
    taps
        Where it is tapped, and to what grid each tap is averaged.

    Returns
    -------
    keras.Model
        Normalised images (n, size, size, 3) to features (n, d).
    """
    import keras
    from keras import layers

    kind = TRUNKS[name]
    base = _base(kind, size, None)
    if name == "vgg16":
        for layer, pair in load_conv_weights(weights).items():
            base.get_layer(layer).set_weights(list(pair))
    else:
        base.load_weights(weights)
    base.trainable = False
    tapped_at = [*dict.fromkeys(kind.layers[tap] for tap, _ in taps)]
    tapped = keras.Model(base.input, [base.get_layer(layer).output for layer in tapped_at])
    image = keras.Input((size, size, 3), name="normalised")
    outputs = tapped(_scaled(image) if kind.scaled else image)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    output_of = dict(zip(tapped_at, outputs, strict=True))
    pooled = []
    for name_, (tap, grid) in zip(tap_names(taps), taps, strict=True):
        output = output_of[kind.layers[tap]]
        window, stride = pooling_window(output.shape[1], grid)
        output = layers.AveragePooling2D(window, stride, name=f"{name_}_grid")(output)
        pooled.append(layers.Flatten(name=f"{name_}{_FEATURES}")(output))
    features = layers.Concatenate(name="features")(pooled) if len(pooled) > 1 else pooled[0]
    return keras.Model(image, features, name="trunk")


def pooling_window(side: int, grid: int) -> tuple[int, int]:
    """Return the window and the stride that average a map to a grid, and leave out no edge of it.

    Where the grid doesn't divide the map, neighbours overlap, alike on both sides.

    Parameters
    ----------
    side, grid
        Those of the map and of the grid, in cells.

    Examples
    --------
    >>> pooling_window(14, 4), pooling_window(7, 2), pooling_window(4, 4)
    ((5, 3), (4, 3), (1, 1))
    """
    stride = max(1, side // grid)
    return max(1, side - (grid - 1) * stride), stride


def fingerprint(
    name: str, weights: Path, size: int, framing: str, precision: Precision = Precision.FP32
) -> str:
    """Return a digest of all that a tap depends on besides the picture and its name.

    Parameters
    ----------
    name, weights, size
        As `build_trunk` takes them.
    framing
        As `preprocessing.prepare` takes it.
    precision
        The numbers in which it is computed.

    Returns
    -------
    str
        16 hexadecimal digits; those of a trunk in bf16 end in "-bf16".
    """
    versions = (PREPROCESSING_VERSION, _POOLING_VERSION)
    parts = (name, _digest(name, weights), size, framing, *versions)
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return digest if precision is Precision.FP32 else f"{digest}-{precision}"


def _digest(name: str, weights: Path) -> str:
    if name == "vgg16":  # checked tensor by tensor; the file has a date in it
        return WEIGHTS_SHA256
    with weights.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _base(kind: TrunkKind, size: int, weights: str | None) -> Any:
    import keras

    application = getattr(keras.applications, kind.application)
    return application(weights=weights, include_top=False, input_shape=(size, size, 3))


def _scaled(image: Any) -> Any:
    """Turn the output of `preprocessing.normalise` into RGB between -1 and 1."""
    from keras import layers, ops

    levels = layers.Normalization(mean=-IMAGENET_BGR_MEAN, variance=np.ones(3), name="levels")
    rgb = ops.flip(levels(image), axis=-1)
    return layers.Rescaling(1 / 127.5, offset=-1.0)(rgb)
