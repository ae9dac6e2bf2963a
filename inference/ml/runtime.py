"""The light runtime: graphs that OpenVINO runs on processors, without TensorFlow or Keras.

A graph sees one face at a time: what a face is answered doesn't depend on which others are asked
with it, nothing is padded, and nothing is compiled anew for another number of faces. Faces are read
side by side instead, one on each of the runtime's streams.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.precision import Precision

Array = NDArray[np.float32]

#: Streams take memory of their own for what lies between layers: 25 MB for VGG16's.
_MOST_STREAMS = 8
#: What OpenVINO calls them; f32, too, for what isn't in 8-bit numbers of a graph in int8.
_HINTS = {Precision.FP32: "f32", Precision.BF16: "bf16", Precision.INT8: "f32"}
_starting = threading.RLock()


def runtime_version() -> str:
    """Return what runs the graphs, such as "OpenVINO 2026.4.1"."""
    import openvino

    return f"OpenVINO {openvino.__version__.partition('-')[0]}"


def streams() -> int:
    """Return how many faces are read side by side: as many as this process may use processors."""
    return max(1, min(_MOST_STREAMS, len(os.sched_getaffinity(0))))


def multiplies_bf16() -> bool:
    """Tell whether this processor multiplies bfloat16 by itself (AVX512_BF16, AMX); fast if so."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def read_graph(path: Path) -> Any:
    """Read a graph of OpenVINO's own format, or of TensorFlow Lite's; return an `openvino.Model`.

    Parameters
    ----------
    path
        A file that ends in ".xml", with a ".bin" beside it, or in ".tflite".
    """
    return core().read_model(path)


def core() -> Any:
    """Return the process's one entry to OpenVINO, which is imported here and no earlier."""
    with _starting:
        return _started()


@cache
def _started() -> Any:
    """Load OpenVINO, and ask it once before any second thread does.

    Its Python side makes some tables when they are needed first. Two threads that come there at
    once wait for one another for ever: one has the table's lock, the other the interpreter's.
    """
    import openvino

    entry = openvino.Core()
    given = openvino.opset13.parameter([1], np.float32)
    model = openvino.Model([openvino.opset13.relu(given)], [given])
    request = entry.compile_model(model, "CPU").create_infer_request()
    request.infer({0: np.zeros(1, dtype=np.float32)}, share_inputs=True)
    request.infer([np.zeros(1, dtype=np.float32)], share_inputs=True)
    np.array(request.output_tensors[0].data)
    return entry


class Network:
    """A compiled graph, which any thread may ask.

    Parameters
    ----------
    graph
        An `openvino.Model`, or the file of one.
    shapes
        The shape of each input by name, for one face; None for graphs whose shapes are fixed.
    alone
        Whether it is asked by one thread at a time: then it takes one stream, with all processors.
    precision
        The numbers in which it is computed: bf16, where the processor has them, or fp32. What a
        graph has in int8 stays so.
    """

    def __init__(
        self,
        graph: Any,
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        *,
        alone: bool = False,
        precision: Precision = Precision.FP32,
    ) -> None:
        model = read_graph(graph) if isinstance(graph, Path) else graph
        if shapes:
            model.reshape({name: list(shape) for name, shape in shapes.items()})
        hints: dict[str, Any] = {"INFERENCE_PRECISION_HINT": _HINTS[precision]}
        if not alone:
            hints |= {"NUM_STREAMS": streams(), "INFERENCE_NUM_THREADS": streams()}
        self._compiled = core().compile_model(model, "CPU", hints)
        self.inputs = tuple(port.get_any_name() for port in self._compiled.inputs)
        self.outputs = tuple(port.get_any_name() for port in self._compiled.outputs if port.names)
        self._mine = threading.local()

    def __call__(self, given: Mapping[str, Array] | Array) -> list[Array]:
        """Return every output, in the graph's order; copies, which the next asking leaves alone.

        Parameters
        ----------
        given
            The inputs by name; or the only one.
        """
        request = getattr(self._mine, "request", None)
        if request is None:
            request = self._mine.request = self._compiled.create_infer_request()
        request.infer(dict(given) if isinstance(given, Mapping) else [given], share_inputs=True)
        return [np.array(port.data) for port in request.output_tensors]


class Light:
    """A network of one input and one output in the light runtime, to be asked as Keras's are.

    Parameters
    ----------
    graph
        An `openvino.Model`, or the file of one.
    shape
        Of what it is asked about one face, such as (224, 224, 3).
    widths
        Of a trunk: the columns of each tap by name, in the order of the output.
    precision
        As `Network` takes it.
    """

    def __init__(
        self,
        graph: Any,
        shape: tuple[int, ...],
        widths: Mapping[str, int] | None = None,
        precision: Precision = Precision.FP32,
    ) -> None:
        model = read_graph(graph) if isinstance(graph, Path) else graph
        self.widths = dict(widths or {})
        shapes = {model.input(0).get_any_name(): (1, *shape)}
        self._network = Network(model, shapes, precision=precision)

    def one(self, given: Array) -> Array:
        """Return the answer (1, d) about one face, of an array that begins with 1."""
        (answer,) = self._network(given)
        return answer

    def predict_on_batch(self, given: Array) -> Array:
        """Return the answers (n, d) about n faces, which are asked side by side."""
        with ThreadPoolExecutor(min(streams(), len(given))) as pool:
            return np.concatenate([*pool.map(self.one, np.split(given, len(given)))])


class Heads:
    """A model's heads in the light runtime: features of n faces to both answers.

    Attributes
    ----------
    graph
        The file, for who wants gradients (`inference.ml.gradients`).
    input
        The names of what they take, as Keras calls them.
    """

    def __init__(self, graph: Path) -> None:
        self.graph = graph
        self._network = Network(graph)
        self.input = self._network.inputs

    def __call__(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return {"emotion": (n, 3), "action_units": (n, 15)} probabilities."""
        return dict(zip(self._network.outputs, self._network(given), strict=True))


def asked(network: Any, given: Array, batch: int) -> Array:
    """Return what a network says of at most `batch` faces.

    Keras gets a full batch every time: one compiled shape, and a face by itself is answered as it
    is among others.

    Parameters
    ----------
    network
        A `Light` or a Keras model, of one input and one output.
    given
        (n, ...) of n faces.
    """
    if isinstance(network, Light):
        return network.predict_on_batch(given)
    full = np.zeros((batch, *given.shape[1:]), dtype=np.float32)
    full[: len(given)] = given
    answers: Array = np.asarray(network.predict_on_batch(full), dtype=np.float32)[: len(given)]
    return answers
