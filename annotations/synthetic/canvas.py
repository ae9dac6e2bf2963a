"""A picture while it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
#: Multipliers of grey: red, green, blue.
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Canvas:
    """Grey levels (490, 640), 0..255, and a coloured picture's tint (490, 640, 3)."""

    grey: Array
    tint: Array | None = None

    def lay(self, mask: Array, tone: Array | np.float32, colour: Colour) -> None:
        """Cover what the mask (490, 640), 0..1, shows with a tone and a colour, in place."""
        grey = self.grey
        grey += (tone - grey) * mask
        self.dye(mask[..., None], colour)

    def dye(self, mask: Array, colour: Colour) -> None:
        """Tint what the mask (490, 640, 1) shows; a grey picture stays as it is."""
        if self.tint is not None:
            tint = self.tint
            tint += (np.array(colour, np.float32) - tint) * mask
