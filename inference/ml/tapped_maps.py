"""Maps of a trunk's taps before they are averaged to their grids, out of its graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.runtime import Network, read_graph


@dataclass(frozen=True)
class TappedMap:
    """A map of one picture, and how it is averaged.

    Attributes
    ----------
    values
        (channels, h, w).
    window, stride
        Of the averages, in cells (`trunk.pooling_window`).
    """

    values: NDArray[np.float64]
    window: int
    stride: int

    @property
    def grid(self) -> int:
        """Cells of a side of the grid that it is averaged to."""
        side: int = self.values.shape[1]
        return (side - self.window) // self.stride + 1

    @property
    def columns(self) -> int:
        """The number of features that it makes."""
        return self.grid**2 * len(self.values)

    def pooled(self) -> NDArray[np.float64]:
        """Return the averages (grid, grid, channels), as the trunk's features have them."""
        cells = [
            [self.values[:, rows, columns].mean(axis=(1, 2)) for columns in self._parts()]
            for rows in self._parts()
        ]
        return np.array(cells)

    def contributions(self, gradient: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each place adds (h, w), by a gradient for each feature, element by element.

        Parameters
        ----------
        gradient
            (grid * grid * channels,).
        """
        weights = gradient.reshape(self.grid, self.grid, -1) / self.window**2
        whole = np.zeros_like(self.values)
        for down, rows in enumerate(self._parts()):
            for across, columns in enumerate(self._parts()):
                whole[:, rows, columns] += weights[down, across][:, None, None]
        added: NDArray[np.float64] = (whole * self.values).sum(axis=0)
        return added

    def _parts(self) -> list[slice]:
        firsts = [place * self.stride for place in range(self.grid)]
        return [slice(first, first + self.window) for first in firsts]


def tapped_maps(trunk: Path, image: NDArray[np.float32]) -> list[TappedMap]:
    """Return the maps of a trunk's taps for one picture, in the order of its features.

    Parameters
    ----------
    trunk
        The file of its graph.
    image
        Normalised, (1, size, size, 3).
    """
    model = read_graph(trunk)
    last = model.get_results()[0].input_value(0).get_node()
    ends = _sources(last) if last.get_type_name() == "Concat" else [last]
    averages = [_average(end) for end in ends]
    own = len(model.outputs)
    model.add_outputs([node.input_value(0) for node in averages])
    network = Network(model, {model.input(0).get_any_name(): tuple(image.shape)}, alone=True)
    return [
        TappedMap(
            values[0].astype(np.float64),
            int(node.get_attributes()["kernel"][0]),
            int(node.get_attributes()["strides"][0]),
        )
        for node, values in zip(averages, network(image)[own:], strict=True)
    ]


def _sources(node: Any) -> list[Any]:
    return [port.get_source_output().get_node() for port in node.inputs()]


def _average(node: Any) -> Any:
    """Return the averaging that a tap's features come from."""
    while node.get_type_name() != "AvgPool":
        node = _sources(node)[0]
    return node
