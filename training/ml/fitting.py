"""The fits of one training: each is taken from its checkpoint, or done and kept."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.experts import Expert
from training.ml.checkpoints import Checkpoints
from training.ml.config import TrainingConfig
from training.ml.fit_heads import fit_heads, heads_trainer
from training.ml.heads import build_heads
from training.ml.material import Material
from training.ml.probabilities import Outputs, outputs_of
from training.ml.progress import Watch
from training.ml.split import Fold, folds_by_subject
from training.ml.trainer import Trainer

Rows = NDArray[np.int64]
History = dict[str, list[float]]
Tell = Callable[[int, dict[str, float]], None]
#: One for each expert that is fitted by Keras.
Trainers = dict[str, Trainer]


class Fitting:
    """The fits of one training, each taken from its checkpoint, or done and kept."""

    def __init__(
        self,
        config: TrainingConfig,
        material: Material,
        watch: Watch,
        checkpoints: Checkpoints | None,
        trainers: Trainers | None,
    ) -> None:
        self.config = config
        self.material = material
        self.watch = watch
        self.checkpoints = checkpoints or Checkpoints(None)
        self.trainers = {} if trainers is None else trainers

    def fold_of(self) -> Rows:
        subjects = len({sample.subject for sample in self.material.samples})
        folds = max(3, min(self.config.folds, subjects))
        return folds_by_subject(self.material.samples, folds, self.config.seed)

    def members(self, folds: list[Fold]) -> tuple[list[Any], list[History], Outputs]:
        """Fit each fold's dense heads; return them, their losses and readings out of fold."""
        members, histories = [], []
        dense = Outputs.empty(len(self.material.samples))
        for number, fold in enumerate(folds, start=1):
            heads, history = self._heads(f"fold {number} of {len(folds)}", fold)
            dense.put(fold.read, outputs_of(heads, self.material.plain[fold.read]))
            members.append(heads)
            histories.append(history)
        return members, histories, dense

    def single(self) -> Any:
        fold_of = self.fold_of()
        nothing = np.zeros(0, dtype=np.int64)
        fold = Fold(np.flatnonzero(fold_of > 0), np.flatnonzero(fold_of == 0), nothing)
        return self._heads("final heads", fold)[0]

    def _heads(self, stage: str, fold: Fold) -> tuple[Any, History]:
        config, material = self.config, self.material
        build = partial(build_heads, config, material.plain[fold.fit])

        def fit(heads: Any, tell: Tell) -> History:
            trainer = self._trainer(Expert.DENSE, lambda: heads_trainer(config, build()))
            return fit_heads(trainer, config, heads, material, fold, tell)

        return self._done_once(stage, config.max_epochs, build, fit)

    def _trainer(self, expert: str, make: Callable[[], Trainer]) -> Trainer:
        if expert not in self.trainers:
            self.trainers[expert] = make()
        return self.trainers[expert]

    def _done_once(
        self,
        stage: str,
        epochs: int,
        build: Callable[[], Any],
        fit: Callable[[Any, Tell], History],
    ) -> tuple[Any, History]:
        """Return a stage's network and losses, kept by an earlier worker or fitted and kept now."""
        import keras

        self.watch(stage, 0, epochs)
        # Each fold has its own, or all begin with the same weights and drop the same units.
        keras.utils.set_random_seed(zlib.crc32(f"{self.config.seed} {stage}".encode()))
        network = build()
        stored = self.checkpoints.load(stage)
        if stored is not None:
            network.set_weights(stored[0])
            for epoch, losses in _by_epoch(stored[1]):
                self.watch(stage, epoch, epochs, losses, found=True)
            return network, stored[1]
        history = fit(network, lambda epoch, losses: self.watch(stage, epoch, epochs, losses))
        self.checkpoints.save(stage, network.get_weights(), history)
        return network, history


def _by_epoch(history: History) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each epoch's number, from 1, and its losses."""
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        yield epoch, dict(zip(history, values, strict=True))
