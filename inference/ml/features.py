"""Inputs of the heads for each face: VGG16's taps and the landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs.picture_quality import Quality
from inference.ml.preprocessing import Detection


@dataclass(frozen=True)
class References:
    """Features of what n faces are compared with (`inference.ml.references`).

    Attributes
    ----------
    appearance, geometry
        (n, d) and (n, 861), as `Features` has them; zeros where there is nothing to compare with.
    compared
        (n, 1) 1 where there is, else 0.
    """

    appearance: NDArray[np.float32]
    geometry: NDArray[np.float32]
    compared: NDArray[np.float32]

    def __getitem__(self, rows: Any) -> References:
        return References(self.appearance[rows], self.geometry[rows], self.compared[rows])

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by the names of the heads' inputs."""
        return {
            "reference_appearance": self.appearance,
            "reference_geometry": self.geometry,
            "compared": self.compared,
        }


@dataclass(frozen=True)
class Features:
    """Features of n faces.

    Attributes
    ----------
    appearance
        (n, d) VGG16's taps, averaged to their grids.
    geometry
        (n, 861) distances between landmarks; zeros where no face was found.
    found
        (n, 1) 1 where a face was found, else 0.
    quality
        n values of `annotations.facs.picture_quality.Quality`.
    detections
        n detections; None where no face was found.
    prior
        (n, 7) log-probabilities of the expression prior; None where nobody asked it.
    references
        What the faces are compared with; None for nothing.
    """

    appearance: NDArray[np.float32]
    geometry: NDArray[np.float32]
    found: NDArray[np.float32]
    quality: tuple[Quality, ...]
    detections: tuple[Detection | None, ...]
    prior: NDArray[np.float32] | None = None
    references: References | None = None

    def __len__(self) -> int:
        return len(self.appearance)

    def __getitem__(self, rows: Any) -> Features:
        chosen = np.arange(len(self))[rows]
        return Features(
            self.appearance[chosen],
            self.geometry[chosen],
            self.found[chosen],
            tuple(self.quality[row] for row in chosen),
            tuple(self.detections[row] for row in chosen),
            None if self.prior is None else self.prior[chosen],
            self.references[chosen] if self.references else None,
        )

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by the names of the heads' inputs."""
        given = {"appearance": self.appearance, "geometry": self.geometry, "found": self.found}
        compared = self.references or References(*map(np.zeros_like, given.values()))
        told = {} if self.prior is None else {"prior": self.prior}
        return given | told | compared.inputs()

    def inputs_of(self, network: Any) -> dict[str, NDArray[np.float32]]:
        """Return the arrays that a network takes, by the names of its inputs.

        Parameters
        ----------
        network
            Heads, of one fit or of a mixture: Keras's or the light runtime's.
        """
        given = self.inputs()
        return {name: given[name] for name in network.input}

    @staticmethod
    def concatenate(parts: Sequence[Features]) -> Features:
        """Join the features of several batches of faces, in order, without references."""
        told = [part.prior for part in parts if part.prior is not None]
        return Features(
            np.concatenate([part.appearance for part in parts]),
            np.concatenate([part.geometry for part in parts]),
            np.concatenate([part.found for part in parts]),
            tuple(quality for part in parts for quality in part.quality),
            tuple(detection for part in parts for detection in part.detections),
            np.concatenate(told) if len(told) == len(parts) else None,
        )
