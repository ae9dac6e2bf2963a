"""The dense heads as plain arrays: what Keras's layers answer, and the gradients of their losses.

On a few hundred faces Keras spends most of a step on what surrounds its arithmetic
(docs/decisions/0009-heads-by-hand.md). `heads.build_heads` defines the network, draws its first
weights and takes the fitted ones back; `tests/training/ml/test_dense_heads.py` holds that answers,
gradients, running means and weights after many steps are Keras's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from annotations.facs import EMOTIONS
from training.ml.config import TrainingConfig
from training.ml.losses import Loss

Array = NDArray[np.float32]
#: An input and a sample's rows of it, standardised, and dropped out where there is a `Drawn`.
Inputs = dict[str, Array]

_MOMENTUM, _EPSILON = 0.9, 1e-3  # of batch norm, as `heads.build_heads` has them
_UINT16 = 1 << 16
#: Of a branch, in the order of their layers.
_LEARNED = ("kernel", "bias", "gamma", "beta")
CLASSES = len(EMOTIONS)


@dataclass(frozen=True)
class Standard:
    """The mean and the inverse deviation (d,) of a branch's input."""

    mean: Array
    scale: Array


class DenseHeads:
    """One fit's heads, taken from a Keras model and given back to it.

    All that is learnt lies in one array, `values`, so that Adam takes a step in one sweep; the
    names are views of it.

    Attributes
    ----------
    branches
        The names of the inputs that the heads see, with how each is standardised.
    values
        (p,) kernels, biases and batch norm's scales.
    moving
        Branch -> batch norm's running mean and variance (2, u).
    """

    def __init__(self, network: Any) -> None:
        """Copy a network's weights.

        Parameters
        ----------
        network
            From `heads.build_heads`.
        """
        names = {layer.name for layer in network.layers}
        self.branches = {
            name: _standard(network.get_layer(f"{name}_standard"))
            for name in ("appearance", "geometry")
            if f"{name}_dense" in names
        }
        self.moving: dict[str, Array] = {}
        learned: dict[tuple[str, str], Array] = {}
        for name in self.branches:
            norm = network.get_layer(f"{name}_norm").get_weights()
            found = (*network.get_layer(f"{name}_dense").get_weights(), *norm[:2])
            learned |= {(name, part): array for part, array in zip(_LEARNED, found, strict=True)}
            self.moving[name] = np.stack(norm[2:])
        heads = [network.get_layer(name).get_weights() for name in ("emotion", "action_units")]
        learned["heads", "kernel"] = np.concatenate([kernel for kernel, _ in heads], axis=1)
        learned["heads", "bias"] = np.concatenate([bias for _, bias in heads])
        self._shapes = {key: array.shape for key, array in learned.items()}
        self.values = np.concatenate([array.ravel() for array in learned.values()])
        self.parts = self.views(self.values)

    def views(self, values: Array) -> dict[tuple[str, str], Array]:
        """Return the parts of an array (p,) by branch and name; they share its memory."""
        parts, first = {}, 0
        for key, shape in self._shapes.items():
            size = math.prod(shape)
            parts[key] = values[first : first + size].reshape(shape)
            first += size
        return parts

    def write_to(self, network: Any) -> None:
        """Give the weights to a Keras model of the same shape."""
        for name in self.branches:
            kernel, bias, gamma, beta = (self.parts[name, part] for part in _LEARNED)
            network.get_layer(f"{name}_dense").set_weights([kernel, bias])
            network.get_layer(f"{name}_norm").set_weights([gamma, beta, *self.moving[name]])
        kernel, bias = self.parts["heads", "kernel"], self.parts["heads", "bias"]
        network.get_layer("emotion").set_weights([kernel[:, :CLASSES], bias[:CLASSES]])
        network.get_layer("action_units").set_weights([kernel[:, CLASSES:], bias[CLASSES:]])

    def read(self, inputs: Inputs) -> tuple[Array, Array]:
        """Answer as the network does when it isn't trained: (n, 3) and (n, 15)."""
        seen = []
        for name, x in inputs.items():
            kernel, bias, gamma, beta = (self.parts[name, part] for part in _LEARNED)
            mean, variance = self.moving[name]
            z = (x @ kernel + bias - mean) * (gamma / np.sqrt(variance + _EPSILON)) + beta
            seen.append(np.maximum(z, 0))
        return self._answers(np.concatenate(seen, axis=1))

    def _answers(self, hidden: Array) -> tuple[Array, Array]:
        z = hidden @ self.parts["heads", "kernel"] + self.parts["heads", "bias"]
        return softmax(z[:, :CLASSES], axis=1), expit(z[:, CLASSES:])

    def learn(
        self, inputs: Inputs, kept: Sequence[Array], loss: Loss, gradient: Array
    ) -> NDArray[np.float64]:
        """Write the gradient of a batch's loss, and move batch norm's running means.

        Parameters
        ----------
        inputs
            m faces, their dropped inputs zero.
        kept
            For each branch (m, u) what dropout multiplies its activations with.
        loss
            Of these m faces.
        gradient
            (p,) is filled in: of both heads' losses, without that of the kernels' penalty.

        Returns
        -------
        NDArray
            `Loss.sums` of the batch.
        """
        passed = [self._forward(name, x) for name, x in inputs.items()]
        hidden = np.concatenate(
            [y * (y > 0) * keep for (y, _, _), keep in zip(passed, kept, strict=True)], axis=1
        )
        answers = self._answers(hidden)
        slopes = loss.slopes(*answers)
        parts = self.views(gradient)
        parts["heads", "kernel"][:] = hidden.T @ slopes
        parts["heads", "bias"][:] = slopes.sum(axis=0)
        back, first = slopes @ self.parts["heads", "kernel"].T, 0
        for (name, x), (y, centred, deviation), keep in zip(
            inputs.items(), passed, kept, strict=True
        ):
            width = y.shape[1]
            dy = back[:, first : first + width] * keep * (y > 0)
            first += width
            dgamma, dbeta = (dy * centred).sum(axis=0), dy.sum(axis=0)
            inner = dy - (dbeta + centred * dgamma) / len(y)
            parts[name, "kernel"][:] = x.T @ (inner * (self.parts[name, "gamma"] / deviation))
            parts[name, "bias"][:] = 0  # batch norm takes out again what it adds
            parts[name, "gamma"][:], parts[name, "beta"][:] = dgamma, dbeta
        return loss.sums(*answers)

    def _forward(self, name: str, x: Array) -> tuple[Array, Array, Array]:
        """Return a branch's normed activations, before and after scaling, and the deviations."""
        kernel, bias, gamma, beta = (self.parts[name, part] for part in _LEARNED)
        z = x @ kernel + bias
        mean, variance = z.mean(axis=0), z.var(axis=0)
        moving = self.moving[name]
        moving += (np.stack([mean, variance]) - moving) * np.float32(1 - _MOMENTUM)
        deviation = np.sqrt(variance + np.float32(_EPSILON))
        centred = (z - mean) / deviation
        return centred * gamma + beta, centred, deviation

    def penalty(self, config: TrainingConfig) -> float:
        """Return what L1 and L2 add to the loss."""
        kernels = [self.parts[name, "kernel"].ravel() for name in self.branches]
        return float(
            sum(config.l1 * np.abs(each).sum() + config.l2 * (each @ each) for each in kernels)
        )

    def decayed(self) -> list[slice]:
        """Return where in `values` the kernels lie that L1 and L2 draw towards zero."""
        found, first = [], 0
        for (name, part), shape in self._shapes.items():
            size = math.prod(shape)
            if part == "kernel" and name in self.branches:
                found.append(slice(first, first + size))
            first += size
        return found


def dropped(shape: tuple[int, ...], rate: float, generator: np.random.Generator) -> NDArray[Any]:
    """Draw which values dropout keeps: True with 1 - rate, to a 65,536th.

    Words of 64 bits are drawn and read as four numbers each: a step draws most of a million.
    """
    count = math.prod(shape)
    words = generator.integers(0, 2**64, size=-(-count // 4), dtype=np.uint64)
    drawn = words.astype("<u8", copy=False).view("<u2")[:count]
    kept: NDArray[Any] = (drawn >= round(rate * _UINT16)).reshape(shape)
    return kept


def _standard(layer: Any) -> Standard:
    mean, variance = layer.get_weights()
    return Standard(mean, (1 / np.sqrt(variance)).astype(np.float32))
