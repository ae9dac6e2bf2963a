"""A trunk in int8: convolutions of 8-bit numbers, which processors do several times as fast.

Activations get one scale for each layer, from the largest that training faces cause; weights one
for each of a layer's filters (Jacob et al. 2018, "Quantization and training of neural networks for
efficient integer-arithmetic-only inference"). The first layer stays as it is: it sees three
channels, and its rounding would go through all others. Sums between layers stay in fp32.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.precision import Precision, Range
from inference.ml.runtime import Light, Network, streams

_LEVELS = 256
_MOST = 127  # of a weight: as many steps below zero as above
_LEAST = 1e-12

_PROBED = 64  # features
#: How far a processor's answers may be from those of the one that compared, of the largest one.
_CLOSE = 0.01


def ranges_of(
    trunk: Any, images: Sequence[NDArray[np.float32]], precision: Precision = Precision.FP32
) -> list[Range]:
    """Return the least and the largest that goes into each convolution but the first.

    Parameters
    ----------
    trunk
        The trunk in fp32, an `openvino.Model`; it isn't changed.
    images
        Normalised pictures (1, size, size, 3) like those that it will see, at least one.
    precision
        The numbers in which they are looked at.
    """
    probe = trunk.clone()
    own = len(probe.outputs)
    probe.add_outputs([node.input_value(0) for node in _convolutions(probe)[1:]])
    shapes = {probe.input(0).get_any_name(): images[0].shape}
    network = Network(probe, shapes, precision=precision)

    def ends(image: NDArray[np.float32]) -> list[Range]:
        return [(seen.min(), seen.max()) for seen in network(image)[own:]]

    with ThreadPoolExecutor(streams()) as pool:
        ranges = np.array([*pool.map(ends, images)], dtype=np.float64)
    return [(float(low), float(high)) for low, high in
            zip(ranges[:, :, 0].min(axis=0), ranges[:, :, 1].max(axis=0), strict=True)]  # fmt: skip


def quantised(trunk: Any, ranges: Sequence[Range]) -> Any:
    """Return a trunk whose convolutions, but for the first, are in int8, as an `openvino.Model`.

    Parameters
    ----------
    trunk
        The trunk in fp32, an `openvino.Model`; it isn't changed.
    ranges
        From `ranges_of`. They are all that has to be kept: the rest follows from the trunk.
    """
    from openvino import opset13 as ops  # late: the web process never loads a runtime

    model = trunk.clone()
    for node, (low, high) in zip(_convolutions(model)[1:], ranges, strict=True):
        bound = max(-low, high, _LEAST)
        ends = (-bound, bound * _MOST / (_MOST + 1)) if low < 0 else (0.0, bound)
        edges = [ops.constant(np.float32(end)) for end in (*ends, *ends)]
        seen = ops.fake_quantize(node.input_value(0), *edges, _LEVELS)
        node.input(0).replace_source_output(seen.output(0))
        node.input(1).replace_source_output(_rounded(node.input_value(1).get_node(), ops))
    model.validate_nodes_and_infer_types()
    return model


def _convolutions(model: Any) -> list[Any]:
    """Return the convolutions whose weights are constants, in the order in which they are done."""
    return [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Convolution"
        and node.input_value(1).get_node().get_type_name() == "Constant"
    ]


def _rounded(weights: Any, ops: Any) -> Any:
    """Return weights (filters, ...) as 8-bit numbers, times a scale for each filter."""
    exact = weights.get_data().astype(np.float32)
    largest = np.abs(exact).max(axis=tuple(range(1, exact.ndim)), keepdims=True)
    scale = np.maximum(largest / _MOST, _LEAST).astype(np.float32)
    steps = np.clip(np.rint(exact / scale), -_MOST, _MOST).astype(np.int8)
    wide = ops.convert(ops.constant(steps), "f32")
    return ops.multiply(wide, ops.constant(scale)).output(0)


def probe(trunk: Light, size: int) -> tuple[float, ...]:
    """Return some of what a trunk says of noise, which has something for each of its filters.

    Parameters
    ----------
    trunk
        In int8.
    size
        The pictures' side, in pixels.
    """
    noise = np.random.default_rng(0).uniform(-120, 130, (1, size, size, 3)).astype(np.float32)
    (seen,) = trunk.one(noise)
    places = np.linspace(0, len(seen) - 1, _PROBED).astype(int)
    return tuple(float(each) for each in seen[places])


def says_the_same(trunk: Light, size: int, expected: tuple[float, ...]) -> bool:
    """Tell whether a trunk in int8 says here what it said where it was compared with fp32.

    Processors without instructions for 8-bit numbers (VNNI) add them up in 16 bits, which overflow.

    Parameters
    ----------
    trunk, size
        As `probe` takes them.
    expected
        What `probe` said there.
    """
    said, wanted = np.array(probe(trunk, size)), np.array(expected)
    return bool(np.abs(said - wanted).max() <= _CLOSE * np.abs(wanted).max())
