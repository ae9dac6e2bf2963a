"""The fits of one training: each is taken from its checkpoint, or done and kept."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.ml.checkpoints import Checkpoints
from training.ml.config import TrainingConfig
from training.ml.dense_heads import DenseHeads
from training.ml.fit_heads import fit_heads
from training.ml.heads import build_heads
from training.ml.material import Material
from training.ml.probabilities import Outputs, outputs_of
from training.ml.progress import Watch
from training.ml.side_by_side import SideBySide
from training.ml.split import Fold, folds_by_subject
from training.ml.trainer import History, Tell

Rows = NDArray[np.int64]


class Fitting:
    """The fits of one training, each taken from its checkpoint, or done and kept."""

    def __init__(
        self,
        config: TrainingConfig,
        material: Material,
        watch: Watch,
        checkpoints: Checkpoints | None,
    ) -> None:
        self.config = config
        self.material = material
        self.watch = watch
        self.checkpoints = checkpoints or Checkpoints(None)

    def fold_of(self) -> Rows:
        subjects = len({sample.subject for sample in self.material.samples})
        folds = max(3, min(self.config.folds, subjects))
        return folds_by_subject(self.material.samples, folds, self.config.seed)

    def members(
        self, folds: list[Fold], besides: Callable[[SideBySide], Callable[[], None]] | None = None
    ) -> tuple[list[Any], list[History], Outputs]:
        """Fit each fold's dense heads; return them, their losses and readings out of fold.

        `besides` begins other fits once these have begun, and returns what waits for them.
        """
        stages = {f"fold {number} of {len(folds)}": fold for number, fold in enumerate(folds, 1)}
        members, histories = zip(*self._fitted(stages, besides), strict=True)
        dense = Outputs.empty(len(self.material.samples))
        for fold, heads in zip(folds, members, strict=True):
            dense.put(fold.read, outputs_of(heads, self.material.plain[fold.read]))
        return list(members), list(histories), dense

    def single(self) -> Any:
        """Fit the network of a recipe that mixes nothing."""
        fold_of = self.fold_of()
        nothing = np.zeros(0, dtype=np.int64)
        fold = Fold(np.flatnonzero(fold_of > 0), np.flatnonzero(fold_of == 0), nothing)
        return self._fitted({"final heads": fold})[0][0]

    def _fitted(
        self,
        stages: dict[str, Fold],
        besides: Callable[[SideBySide], Callable[[], None]] | None = None,
    ) -> list[tuple[Any, History]]:
        """Return each stage's network and losses, kept by an earlier worker or fitted and kept now.

        Stages are fitted side by side, and told of one after the other.
        """
        networks = {stage: self._begun(stage, fold) for stage, fold in stages.items()}
        epochs, done = self.config.max_epochs, []
        most = os.cpu_count() or 1
        with SideBySide(most if besides else min(len(stages), most)) as side:
            found = {stage: self.checkpoints.load(stage) for stage in stages}
            fits = {
                stage: side.begin(partial(self._fit, stage, networks[stage], fold))
                for stage, fold in stages.items()
                if found[stage] is None
            }
            wait = besides(side) if besides else None
            for stage, network in networks.items():
                self.watch(stage, 0, epochs)
                stored = found[stage]
                if stored is not None:
                    network.set_weights(stored[0])
                    for epoch, losses in _by_epoch(stored[1]):
                        self.watch(stage, epoch, epochs, losses, found=True)
                    done.append((network, stored[1]))
                    continue
                heads, history = fits[stage].heard(partial(self._tell, stage))
                heads.write_to(network)
                self.checkpoints.save(stage, network.get_weights(), history)
                done.append((network, history))
            if wait:
                wait()
        return done

    def _begun(self, stage: str, fold: Fold) -> Any:
        """Return a stage's network with its first weights."""
        import keras

        # Each fold has its own, or all begin with the same weights.
        keras.utils.set_random_seed(self._seed(stage))
        return build_heads(self.config, self.material.plain[fold.fit])

    def _fit(self, stage: str, network: Any, fold: Fold, tell: Tell) -> tuple[DenseHeads, History]:
        generator = np.random.Generator(np.random.SFC64(self._seed(stage)))
        return fit_heads(self.config, network, (self.material, fold), generator, tell)

    def _seed(self, stage: str) -> int:
        return zlib.crc32(f"{self.config.seed} {stage}".encode())

    def _tell(self, stage: str, epoch: int, losses: dict[str, float]) -> None:
        self.watch(stage, epoch, self.config.max_epochs, losses)


def _by_epoch(history: History) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each epoch's number, from 1, and its losses."""
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        yield epoch, dict(zip(history, values, strict=True))
