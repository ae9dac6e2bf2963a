"""The loop that fits dense heads: batches by Adam, epochs until the validation loss gets no better.

One fit keeps to one thread of BLAS, so folds are fitted side by side, and come to the same weights
on any number of processors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.ml.adam import Adam, Rate
from training.ml.config import TrainingConfig
from training.ml.dense_heads import Array, DenseHeads, Inputs, dropped
from training.ml.losses import Loss

#: Inputs of some faces, standardised, and their losses.
Batch = tuple[Inputs, Loss]
History = dict[str, list[float]]
Tell = Callable[[int, dict[str, float]], None]


class Lessons(Protocol):
    """The batches that a network learns from, and those that it is validated on."""

    @property
    def steps(self) -> int:
        """Batches in an epoch."""

    def epoch(self, number: int) -> Iterable[Batch]:
        """Return the batches of an epoch, by its number from 1."""

    def validation(self) -> Iterable[Batch]:
        """Return the batches to validate on."""


@dataclass(frozen=True)
class Pace:
    """The pace of a fit: when it stops, and which epochs may be kept.

    Attributes
    ----------
    epochs
        The most that a network is trained for.
    patience
        After so many epochs without a better validation loss, training stops.
    rate
        Adam's rate by the epoch.
    warm_up
        So many epochs first, of which none is kept: a validation loss that happens to be low before
        the rate is up and batch norm's means have settled would keep a network that learnt nothing.
        0: the start itself may be kept.
    """

    epochs: int
    patience: int
    rate: Rate | Callable[[float], float]
    warm_up: int = 0


class Trainer:
    """A fit of dense heads.

    Parameters
    ----------
    config
        Dropout, L1 and L2.
    heads
        To be trained, in place.
    pace
        When training stops, and which epochs may be kept.
    generator
        Draws what dropout keeps.
    """

    def __init__(
        self,
        config: TrainingConfig,
        heads: DenseHeads,
        pace: Pace,
        generator: np.random.Generator,
    ) -> None:
        self.config, self.heads, self.pace = config, heads, pace
        self._generator = generator
        self._adam = Adam(heads.values, heads.decayed(), config.l1, config.l2)
        self._gradient = np.empty_like(heads.values)
        self._taken = 0

    def fit(self, lessons: Lessons, on_epoch: Tell) -> History:
        """Train the heads, and keep the weights with the best validation loss.

        Parameters
        ----------
        lessons
            What they learn from.
        on_epoch
            Called after each epoch with its number, from 1, and its losses; it may raise to stop.

        Returns
        -------
        dict
            Losses and metrics by epoch, by Keras's names, and "learning_rate". The penalty in a
            training loss is that of the epoch's last step.
        """
        pace, waited = self.pace, 0
        kept = self._copy()
        best = np.inf if pace.warm_up else self.losses_on(lessons.validation())["loss"]
        history: History = defaultdict(list)
        for epoch in range(1, pace.epochs + 1):
            losses = self.learn(lessons.epoch(epoch), lessons.steps)
            validated = self.losses_on(lessons.validation())
            losses |= {f"val_{name}": value for name, value in validated.items()}
            losses["learning_rate"] = float(pace.rate(self._taken / lessons.steps))
            waited = 0 if epoch <= pace.warm_up else waited + 1
            if waited and losses["val_loss"] < best:
                best, kept, waited = losses["val_loss"], self._copy(), 0
            for name, value in losses.items():
                history[name].append(value)
            on_epoch(epoch, losses)
            if waited >= pace.patience:
                break
        self._restore(kept)
        return dict(history)

    def learn(self, taught: Iterable[Batch], steps: int) -> dict[str, float]:
        """Take a step on each batch; return the mean losses and the metrics over them.

        Parameters
        ----------
        taught
            Batches, whose inputs are changed.
        steps
            How many there are in an epoch.
        """
        sums, faces = np.zeros(6), 0
        for inputs, loss in taught:
            sums += self._step(inputs, loss, self.pace.rate(self._taken / steps))
            faces += len(loss.emotions)
            self._taken += 1
        return self._losses(sums, faces)

    def _step(self, inputs: Inputs, loss: Loss, rate: float) -> NDArray[np.float64]:
        """Take one step; return `Loss.sums` of its faces before."""
        for x in inputs.values():
            x *= self._kept(x.shape, self.config.input_dropout)
        kept = [
            self._kept((len(x), self.heads.parts[name, "bias"].size), self.config.dropout)
            for name, x in inputs.items()
        ]
        sums = self.heads.learn(inputs, kept, loss, self._gradient)
        self._adam.step(self._gradient, rate)
        return sums

    def _kept(self, shape: tuple[int, ...], rate: float) -> Array:
        """Return what dropout multiplies with: 0, or what makes up for those that are 0."""
        return dropped(shape, rate, self._generator) * np.float32(1 / (1 - rate))

    def losses_on(self, batches: Iterable[Batch]) -> dict[str, float]:
        """Return the mean losses and the metrics over batches, without learning from them."""
        sums, faces = np.zeros(6), 0
        for inputs, loss in batches:
            sums += loss.sums(*self.heads.read(inputs))
            faces += len(loss.emotions)
        return self._losses(sums, faces)

    def _losses(self, sums: NDArray[np.float64], faces: int) -> dict[str, float]:
        """Return the mean losses and the metrics over some faces, by Keras's names."""
        emotion, units = (float(each) for each in sums[:2] / max(faces, 1))
        penalty = self.heads.penalty(self.config)
        return {
            "loss": emotion + self.config.au_loss_weight * units + penalty,
            "emotion_loss": emotion,
            "action_units_loss": units,
            "emotion_accuracy": float(sums[2] / max(sums[3], 1e-9)),
            "action_units_f1": float(sums[4] / max(sums[4] + sums[5], 1.0)),
        }

    def _copy(self) -> tuple[Array, dict[str, Array]]:
        moving = {name: array.copy() for name, array in self.heads.moving.items()}
        return self.heads.values.copy(), moving

    def _restore(self, kept: tuple[Array, dict[str, Array]]) -> None:
        self.heads.values[:] = kept[0]
        for name, array in kept[1].items():
            self.heads.moving[name][:] = array


def batches(rows: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Yield `rows` in pieces of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
