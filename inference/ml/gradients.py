"""Gradients of a model's heads, by NumPy: explanations want them, and the light runtime has none.

A graph of the heads is a few dozen operations on small arrays. They are done forwards in order, and
backwards by the chain rule (reverse accumulation, Linnainmaa 1970).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.runtime import read_graph

Array = NDArray[np.float64]
_Back = Callable[[Array], list[Array]]


class UnknownOperation(Exception):
    """The graph holds an operation whose gradient isn't written down here."""


def answers_and_gradient(
    graph: Path,
    given: Mapping[str, NDArray[Any]],
    answer: Callable[[dict[str, Array]], tuple[str, Array]],
    wanted: str,
) -> tuple[dict[str, Array], Array]:
    """Return a graph's outputs for n faces, and a gradient with regard to one input.

    Parameters
    ----------
    graph
        Its file, such as an artefact's heads.
    given
        The inputs by name, (n, ...) each.
    answer
        Returns, given the outputs, the name of one of them and the gradient of what is explained
        with regard to it.
    wanted
        The name of the input.

    Raises
    ------
    UnknownOperation
    """
    values: dict[str, Array] = {}
    backs: list[tuple[str, list[str], _Back]] = []
    places: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for node in read_graph(graph).get_ordered_ops():
        name, kind = node.get_friendly_name(), node.get_type_name()
        before = [port.get_source_output().get_node() for port in node.inputs()]
        sources = [each.get_friendly_name() for each in before]
        if kind == "Parameter":
            port = node.output(0).get_any_name()
            places[port] = name
            values[name] = np.asarray(given[port], dtype=np.float64)
        elif kind == "Constant":
            values[name] = np.asarray(node.get_data(), dtype=np.float64)
        elif kind == "Result":
            outputs[node.input(0).get_source_output().get_any_name()] = sources[0]
        else:
            value, back = _done(kind, node, [values[source] for source in sources])
            values[name] = value
            backs.append((name, sources, back))
    told = {name: values[source] for name, source in outputs.items()}
    explained, gradient = answer(told)
    gradients = {outputs[explained]: gradient}
    for name, sources, back in reversed(backs):
        if name not in gradients:
            continue
        for source, part in zip(sources, back(gradients[name]), strict=True):
            whole = _summed_to(part, values[source].shape)
            gradients[source] = gradients[source] + whole if source in gradients else whole
    start = places[wanted]
    return told, gradients.get(start, np.zeros_like(values[start]))


def _done(kind: str, node: Any, given: list[Array]) -> tuple[Array, _Back]:
    """Do an operation; return what comes of it, and what takes a gradient back to its inputs."""
    if kind == "MatMul":
        turned = node.get_attributes()["transpose_b"]
        kernel = given[1].T if turned else given[1]
        # Weights are constants: nobody asks for their gradient.
        return given[0] @ kernel, lambda g: [g @ kernel.T, np.zeros_like(given[1])]
    if kind == "Concat":
        cuts = np.cumsum([each.shape[1] for each in given])[:-1]
        return np.concatenate(given, axis=1), lambda g: np.split(g, cuts, axis=1)
    if kind == "Softmax":
        shares = np.exp(given[0] - given[0].max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return shares, lambda g: [shares * (g - (g * shares).sum(axis=-1, keepdims=True))]
    if kind in _OF_TWO and len(given) == 2:
        return _OF_TWO[kind](*given)
    if kind in _OF_ONE:
        return _OF_ONE[kind](given[0])
    raise UnknownOperation(f"No gradient is known of {kind}.")


def _chosen(one: Array, other: Array, first: NDArray[np.bool_]) -> tuple[Array, _Back]:
    return np.where(first, one, other), lambda g: [g * first, g * ~first]


def _sigmoid(x: Array) -> tuple[Array, _Back]:
    p = 1 / (1 + np.exp(-x))
    return p, lambda g: [g * p * (1 - p)]


_OF_TWO: dict[str, Callable[[Array, Array], tuple[Array, _Back]]] = {
    "Add": lambda a, b: (a + b, lambda g: [g, g]),
    "Subtract": lambda a, b: (a - b, lambda g: [g, -g]),
    "Multiply": lambda a, b: (a * b, lambda g: [g * b, g * a]),
    "Divide": lambda a, b: (a / b, lambda g: [g / b, -g * a / b**2]),
    "Maximum": lambda a, b: _chosen(a, b, a >= b),
    "Minimum": lambda a, b: _chosen(a, b, a <= b),
}
_OF_ONE: dict[str, Callable[[Array], tuple[Array, _Back]]] = {
    "Relu": lambda x: (np.maximum(x, 0), lambda g: [g * (x > 0)]),
    "Log": lambda x: (np.log(x), lambda g: [g / x]),
    "Exp": lambda x: (np.exp(x), lambda g: [g * np.exp(x)]),
    "Sigmoid": _sigmoid,
}


def _summed_to(part: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which a value was spread to meet the other."""
    axes = tuple(
        axis for axis, (got, own) in enumerate(zip(part.shape, shape, strict=True)) if got != own
    )
    return part.sum(axis=axes, keepdims=True) if axes else part
