"""The fits of one training: each is taken from its checkpoint, or done and kept.

Folds can be shared among workers. The training's own begins with the first, those that help with
the last; at the end it waits for what they have taken, and fits what they leave.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.ml.checkpoints import NOWHERE, Checkpoints, SharedFits, Weights
from training.ml.config import TrainingConfig
from training.ml.dense_heads import DenseHeads
from training.ml.fit_heads import fit_heads
from training.ml.heads import build_heads
from training.ml.material import Material
from training.ml.probabilities import Outputs, outputs_of
from training.ml.progress import Watch
from training.ml.side_by_side import Fit, SideBySide
from training.ml.split import Fold, folds_by_subject
from training.ml.trainer import History, Tell

Rows = NDArray[np.int64]
Fitted = tuple[DenseHeads, History]

_SECONDS_BETWEEN_LOOKS = 0.5


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
        self.checkpoints = checkpoints or Checkpoints(NOWHERE)

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
        members, histories = zip(*self._fitted(_stages(folds), besides), strict=True)
        dense = Outputs.empty(len(self.material.samples))
        for fold, heads in zip(folds, members, strict=True):
            dense.put(fold.read, outputs_of(heads, self.material.plain[fold.read]))
        return list(members), list(histories), dense

    def help(self, folds: list[Fold], shared: SharedFits) -> None:
        """Fit folds of another worker's training that nobody has taken, and keep them for it."""
        stages = dict(reversed(_stages(folds).items()))
        left = {stage: fold for stage, fold in stages.items() if not self.checkpoints.load(stage)}
        networks = {stage: self._begun(stage, fold) for stage, fold in left.items()}
        with SideBySide(os.cpu_count() or 1) as side:
            fits = self._begin(side, networks, left)
            for stage, fit in fits.items():
                if fitted := fit.heard(partial(self._tell, stage)):
                    self._keep(stage, networks[stage], *fitted)
                    shared.release(stage)

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
        most = os.cpu_count() or 1
        with SideBySide(most if besides else min(len(stages), most)) as side:
            found = {stage: self.checkpoints.load(stage) for stage in stages}
            left = {stage: fold for stage, fold in stages.items() if found[stage] is None}
            shared = self.checkpoints.shared
            if shared and len(left) > 1:
                shared.ask()
            fits = self._begin(side, networks, left)
            wait = besides(side) if besides else None
            done = []
            for stage, network in networks.items():
                self.watch(stage, 0, self.config.max_epochs)
                fitted = fits[stage].heard(partial(self._tell, stage)) if stage in fits else None
                stored = found[stage]
                if fitted is None and stored is None:
                    stored = self._awaited(stage)
                if fitted is None and stored is None:  # who had it is gone
                    fitted = self._fit(stage, network, left[stage], partial(self._tell, stage))
                if fitted is not None:
                    done.append((network, self._keep(stage, network, *fitted)))
                elif stored is not None:
                    done.append((network, self._taken_in(stage, network, *stored)))
            if wait:
                wait()
        return done

    def _begin(
        self, side: SideBySide, networks: dict[str, Any], stages: dict[str, Fold]
    ) -> dict[str, Fit[Fitted | None]]:
        """Begin the fits of stages, each unless another worker has it by the time of its turn."""

        def fit(stage: str, tell: Tell) -> Fitted | None:
            if self.checkpoints.shared and not self._is_ours(stage):
                return None
            return self._fit(stage, networks[stage], stages[stage], tell)

        return {stage: side.begin(partial(fit, stage)) for stage in stages}

    def _is_ours(self, stage: str) -> bool:
        """Claim a stage that nobody has or has kept by now."""
        shared = self.checkpoints.shared
        if not shared or not shared.take(stage):
            return False
        if self.checkpoints.load(stage) is None:
            return True
        shared.release(stage)
        return False

    def _awaited(self, stage: str) -> tuple[Weights, History] | None:
        """Wait for another worker's fit; None where it is gone without one."""
        shared = self.checkpoints.shared
        while shared and shared.is_taken(stage):
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            self.watch(stage, 0, self.config.max_epochs)
        return self.checkpoints.load(stage)

    def _keep(self, stage: str, network: Any, heads: DenseHeads, history: History) -> History:
        heads.write_to(network)
        self.checkpoints.save(stage, network.get_weights(), history)
        return history

    def _taken_in(self, stage: str, network: Any, weights: Weights, history: History) -> History:
        network.set_weights(weights)
        for epoch, losses in _by_epoch(history):
            self.watch(stage, epoch, self.config.max_epochs, losses, found=True)
        return history

    def _begun(self, stage: str, fold: Fold) -> Any:
        """Return a stage's network with its first weights."""
        import keras

        # Each fold has its own, or all begin with the same weights.
        keras.utils.set_random_seed(self._seed(stage))
        return build_heads(self.config, self.material.plain[fold.fit])

    def _fit(self, stage: str, network: Any, fold: Fold, tell: Tell) -> Fitted:
        generator = np.random.Generator(np.random.SFC64(self._seed(stage)))
        return fit_heads(self.config, network, (self.material, fold), generator, tell)

    def _seed(self, stage: str) -> int:
        return zlib.crc32(f"{self.config.seed} {stage}".encode())

    def _tell(self, stage: str, epoch: int, losses: dict[str, float]) -> None:
        self.watch(stage, epoch, self.config.max_epochs, losses)


def _stages(folds: list[Fold]) -> dict[str, Fold]:
    return {f"fold {number} of {len(folds)}": fold for number, fold in enumerate(folds, 1)}


def _by_epoch(history: History) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each epoch's number, from 1, and its losses."""
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        yield epoch, dict(zip(history, values, strict=True))
