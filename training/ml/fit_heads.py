"""Fitting the heads on cached features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from training.ml.adam import Rate
from training.ml.config import TrainingConfig
from training.ml.dense_heads import Array, DenseHeads, Inputs
from training.ml.losses import Loss, class_weights, positive_weights
from training.ml.material import Material, Targets
from training.ml.recipes import RECIPES
from training.ml.split import Fold
from training.ml.trainer import Batch, History, Pace, Tell, Trainer, batches

_WARM_UP = 2  # epochs

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class FoldLessons:
    """The batches of a fold.

    Attributes
    ----------
    config
        The recipe, and the size of a batch.
    material
        All faces and copies.
    fold
        The faces to learn from, and those to validate on.
    heads
        Those that learn.
    """

    config: TrainingConfig
    material: Material
    fold: Fold
    heads: DenseHeads

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._rows) // self.config.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, by its number from 1."""
        rows = self._rows
        order = np.random.default_rng([self.config.seed, number]).permutation(len(rows))
        for chunk in batches(order, self.config.batch_size):
            yield self._inputs(rows[chunk]), self._loss[rows[chunk] % len(self.material.samples)]

    def validation(self) -> Iterator[Batch]:
        """Yield the batches to validate on."""
        for chunk in batches(self.fold.stop, self.config.batch_size):
            yield self._inputs(chunk), self._loss[chunk]

    @cached_property
    def _rows(self) -> Rows:
        """The faces to learn from, and their copies, whose rows come after those of all faces."""
        copies = 1 + self.config.augmented_copies
        offsets = np.arange(copies)[:, None] * len(self.material.samples)
        return (offsets + self.fold.fit).ravel()

    @cached_property
    def _loss(self) -> Loss:
        """The losses of all faces, with the weights of those to learn from."""
        material, balanced = self.material, RECIPES[self.config.recipe].balanced
        emotions, units = material.emotions[self.fold.fit], material.units[self.fold.fit]
        by_class = class_weights(emotions) if balanced else np.ones(len(EMOTIONS))
        targets = Targets(material.emotions, material.units, by_class)
        weights = positive_weights(units, self.config.max_positive_weight if balanced else 1.0)
        return Loss.of(targets(np.arange(len(material.samples))), weights, self.config)

    def _inputs(self, rows: Rows) -> Inputs:
        """Return what the heads see of some rows, standardised, for the caller to change."""
        whole, count = self.material, len(self.material.samples)
        inputs = {}
        for name, standard in self.heads.branches.items():
            x = _taken(getattr(whole.plain, name), getattr(whole.copies, name), rows, count)
            x -= standard.mean
            x *= standard.scale
            if name == "geometry":  # zero, the average face, where none was found
                x *= _taken(whole.plain.found, whole.copies.found, rows, count)
            inputs[name] = x
        return inputs


def fit_heads(
    config: TrainingConfig,
    network: Any,
    lessons: tuple[Material, Fold],
    generator: np.random.Generator,
    on_epoch: Tell,
) -> tuple[DenseHeads, History]:
    """Fit heads on a fold's faces and their copies; keep the epoch with the best validation loss.

    Adam's rate is warmed up over two epochs, then decays along a cosine.

    Parameters
    ----------
    config
        The recipe and its settings.
    network
        From `heads.build_heads`; it isn't changed.
    lessons
        All faces and copies, and the fold: the faces to learn from, and those to validate on.
    generator
        Draws what dropout keeps.
    on_epoch
        Called after each epoch with its number, from 1, and its losses; it may raise to stop.

    Returns
    -------
    DenseHeads, dict
        The fitted heads, and losses by epoch, by Keras's names.
    """
    heads = DenseHeads(network)
    # A training of no more epochs than that keeps its last one.
    warm_up = min(_WARM_UP, config.max_epochs - 1)
    rate = Rate(config.learning_rate, _WARM_UP, config.max_epochs)
    pace = Pace(config.max_epochs, config.patience, rate, warm_up)
    trainer = Trainer(config, heads, pace, generator)
    history = trainer.fit(FoldLessons(config, *lessons, heads), on_epoch)
    return heads, history


def _taken(plain: Array, copies: Array, rows: Rows, count: int) -> Array:
    """Return rows (m, d) of n faces (n, d), and of their copies, which come after them."""
    taken = np.empty((len(rows), plain.shape[1]), dtype=np.float32)
    own = rows < count
    taken[own] = plain[rows[own]]
    taken[~own] = copies[rows[~own] - count]
    return taken
