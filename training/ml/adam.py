"""Adam on one array, with a rate that is warmed up and then decays along a cosine.

Kingma & Ba (2015), "Adam: A Method for Stochastic Optimization", as Keras writes it; the rate is
`keras.optimizers.schedules.CosineDecay`'s, after Loshchilov & Hutter (2017), "SGDR".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_FIRST, _SECOND, _EPSILON = 0.9, 0.999, 1e-7  # Keras's
#: So many values at once: what a sweep reads and writes of them stays in a processor's cache.
_BLOCK = 65_536


@dataclass(frozen=True)
class Rate:
    """The rate by the epoch, which may be a fraction.

    Attributes
    ----------
    peak
        After the warm-up, which begins with a tenth of it.
    warm_up, epochs
        How long the rate grows, and when it comes to zero.
    """

    peak: float
    warm_up: int
    epochs: int

    def __call__(self, epoch: float) -> float:
        """Return the rate at a time.

        Examples
        --------
        >>> rate = Rate(0.001, 2, 40)
        >>> [round(rate(epoch), 6) for epoch in (0, 1, 2, 21, 40, 50)]
        [0.0001, 0.00055, 0.001, 0.0005, 0.0, 0.0]
        """
        if epoch < self.warm_up:
            return self.peak * (0.1 + 0.9 * epoch / self.warm_up)
        over = min((epoch - self.warm_up) / max(1, self.epochs - self.warm_up), 1.0)
        return self.peak * 0.5 * (1 + math.cos(math.pi * over))


class Adam:
    """Adam's means of the gradients of p values.

    Parameters
    ----------
    values
        (p,), changed in place.
    decayed
        Where L1 and L2 draw values towards zero.
    l1, l2
        How strongly.
    """

    def __init__(self, values: Array, decayed: Sequence[slice], l1: float, l2: float) -> None:
        self.values, self._l1, self._l2 = values, np.float32(l1), np.float32(2 * l2)
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)
        self._room = np.empty((2, _BLOCK), dtype=np.float32)
        self._steps = 0
        ends = sorted(
            {0, len(values), *(each.start for each in decayed)} | {s.stop for s in decayed}
        )
        inside = {each.start for each in decayed}
        self._blocks = [
            (slice(at, min(at + _BLOCK, last)), first in inside)
            for first, last in pairwise(ends)
            for at in range(first, last, _BLOCK)
        ]

    def step(self, gradient: Array, rate: float) -> None:
        """Take a step against a gradient (p,), which doesn't hold what L1 and L2 add."""
        self._steps += 1
        bias = math.sqrt(1 - _SECOND**self._steps) / (1 - _FIRST**self._steps)
        alpha = np.float32(rate * bias)
        for block, is_decayed in self._blocks:
            self._sweep(block, gradient[block], alpha, is_decayed)

    def _sweep(self, block: slice, gradient: Array, alpha: np.float32, is_decayed: bool) -> None:
        """Do one block in place; NumPy would make a new array of each term."""
        values, mean, square = self.values[block], self._mean[block], self._square[block]
        room, other = self._room[:, : len(values)]
        if is_decayed:
            np.sign(values, out=room)
            room *= self._l1
            gradient += room
            np.multiply(values, self._l2, out=room)
            gradient += room
        np.subtract(gradient, mean, out=room)
        room *= np.float32(1 - _FIRST)
        mean += room
        np.multiply(gradient, gradient, out=room)
        room -= square
        room *= np.float32(1 - _SECOND)
        square += room
        np.sqrt(square, out=room)
        room += np.float32(_EPSILON)
        np.multiply(mean, alpha, out=other)
        other /= room
        values -= other
