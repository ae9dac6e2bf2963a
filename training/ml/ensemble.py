"""Fitting a model to features: heads for each fold, linear experts, and what they agree on.

The dense heads of fold f are fitted on all folds but f and the next one, stop by the next one, and
read f. So every face is read by heads that never saw its subject; on these readings the mixture,
its calibration and its thresholds are chosen. The final model is the mean of all folds' heads and
the linear experts fitted on every face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.ml.features import Features
from training.ml.checkpoints import Checkpoints
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.finetune import MapsOf, build_tuned, fit_tuned, tuned_outputs
from training.ml.fit_heads import fit_heads
from training.ml.heads import build_heads, mix_heads
from training.ml.linear import LinearExpert, fit_linear
from training.ml.metrics import Calibration
from training.ml.mixture import (
    Mixture,
    calibration_figures,
    choose_mixture,
    cross_fitted,
    plain_mixture,
)
from training.ml.probabilities import Outputs, mixed, outputs_of
from training.ml.progress import Watch
from training.ml.recipes import RECIPES
from training.ml.split import folds_by_subject

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class FittedModel:
    """Attributes
    ----------
    heads
        The final model, from `Features.inputs()` to both heads.
    tuned
        Fine-tuned blocks, one of each fold, whose mean the heads take for an expert; or none.
    mixture
        Its mixture; the thresholds are in it.
    experts
        What each expert says out of fold, uncalibrated: dense heads, appearance, geometry, tuned.
    out_of_fold, present
        Readings of the training faces by heads that never saw their subjects, by mixtures that
        were chosen on other folds: probabilities, and decisions (n, 15).
    fold_of
        (n,) each face's fold.
    history
        Losses by epoch, the mean over folds.
    calibration
        Expected calibration errors out of fold, before and after calibration.
    """

    heads: Any
    tuned: list[Any]
    mixture: Mixture
    experts: tuple[Outputs, ...]
    out_of_fold: Outputs
    present: NDArray[np.bool_]
    fold_of: Rows
    history: dict[str, list[float]]
    calibration: Calibration

    def read(self, material: Material) -> Outputs:
        """What the final model says of other faces."""
        plain = material.plain
        if self.tuned and material.maps is not None:
            rows = np.arange(len(plain))
            said = [tuned_outputs(network, material.maps, rows) for network in self.tuned]
            joined = [np.concatenate([part.emotion, part.units], axis=1) for part in said]
            plain = replace(plain, tuned=np.mean(joined, axis=0).astype(np.float32))
        return outputs_of(self.heads, plain)


@dataclass(frozen=True)
class Material:
    """Samples with the features of their faces (n) and of all augmented copies (c * n).

    `first_tap` is how many of the appearance's columns are of the first tap; `maps` are what
    fine-tuning starts from.
    """

    samples: Sequence[Sample]
    plain: Features
    copies: Features
    first_tap: int
    maps: MapsOf | None = None

    def subset(self, rows: Rows) -> Material:
        count = len(self.samples)
        copies = len(self.copies) // max(count, 1)
        offsets = np.arange(copies)[:, None] * count
        return Material(
            [self.samples[row] for row in rows],
            self.plain[rows],
            self.copies[(offsets + rows).ravel()],
            self.first_tap,
            self.maps.subset(rows) if self.maps else None,
        )


def fit_model(
    config: TrainingConfig,
    material: Material,
    watch: Watch,
    checkpoints: Checkpoints | None = None,
) -> FittedModel:
    """Fit the recipe. Raises SplitError with fewer than three subjects, Cancelled by `watch`."""
    kept = checkpoints or Checkpoints(None)
    subjects = len({sample.subject for sample in material.samples})
    folds = max(3, min(config.folds, subjects))
    fold_of = folds_by_subject(material.samples, folds, config.seed)
    members, histories = [], []
    dense = Outputs.empty(len(fold_of))
    for fold in range(folds):
        rows, following = np.flatnonzero(fold_of == fold), (fold + 1) % folds
        heads, history = _fit_member(
            config, material, watch, kept, f"fold {fold + 1} of {folds}",
            np.flatnonzero((fold_of != fold) & (fold_of != following)),
            np.flatnonzero(fold_of == following),
        )  # fmt: skip
        dense.put(rows, outputs_of(heads, material.plain[rows]))
        members.append(heads)
        histories.append(history)
    if RECIPES[config.recipe].ensemble:
        tuned, readings = _fine_tune(config, material, fold_of, watch, kept)
        return _ensemble(config, material, members, [dense, *readings], tuned, fold_of, histories)
    heads = fit_single(config, material, watch, kept)
    mixture = plain_mixture()
    present = mixture.present(dense.units)
    emotions, units = _targets(material)
    errors = calibration_figures(dense, dense, emotions, units)
    return FittedModel(
        heads, [], mixture, (dense,), dense, present, fold_of, _mean_history(histories), errors
    )


def fit_single(
    config: TrainingConfig,
    material: Material,
    watch: Watch,
    checkpoints: Checkpoints | None = None,
) -> Any:
    """One network's heads, fitted on all folds but the first, by which they stop."""
    subjects = len({sample.subject for sample in material.samples})
    fold_of = folds_by_subject(material.samples, max(3, min(config.folds, subjects)), config.seed)
    rows = np.flatnonzero(fold_of > 0), np.flatnonzero(fold_of == 0)
    kept = checkpoints or Checkpoints(None)
    return _fit_member(config, material, watch, kept, "final heads", *rows)[0]


def _fit_member(
    config: TrainingConfig,
    material: Material,
    watch: Watch,
    checkpoints: Checkpoints,
    stage: str,
    train: Rows,
    validation: Rows,
) -> tuple[Any, dict[str, list[float]]]:
    import keras

    watch(stage, 0, config.max_epochs)
    keras.utils.set_random_seed(config.seed)
    heads = build_heads(config, material.plain[train])
    stored = checkpoints.load(stage)
    if stored is not None:
        heads.set_weights(stored[0])
        return heads, stored[1]
    history = fit_heads(
        config, heads, material.samples, {"train": train, "validation": validation},
        material.plain, material.copies,
        partial(_tell, watch, stage, config.max_epochs),
    )  # fmt: skip
    checkpoints.save(stage, heads.get_weights(), history)
    return heads, history


def _fine_tune(
    config: TrainingConfig,
    material: Material,
    fold_of: Rows,
    watch: Watch,
    checkpoints: Checkpoints,
) -> tuple[list[Any], list[Outputs]]:
    """Each fold's tuned blocks, and their out-of-fold readings; nothing where none are wanted."""
    import keras

    if not config.fine_tune or material.maps is None:
        return [], []
    folds = int(fold_of.max()) + 1
    networks, readings = [], Outputs.empty(len(fold_of))
    shape, weights = material.maps.maps.values.shape[2:], material.maps.maps.weights
    for fold in range(folds):
        stage = f"tuning {fold + 1} of {folds}"
        watch(stage, 0, config.fine_tune_epochs)
        rows, validation = (np.flatnonzero(fold_of == f) for f in (fold, (fold + 1) % folds))
        train = np.setdiff1d(np.arange(len(fold_of)), np.concatenate([rows, validation]))
        keras.utils.set_random_seed(config.seed)
        network = build_tuned(config, shape, weights)
        stored = checkpoints.load(stage)
        if stored is not None:
            network.set_weights(stored[0])
        else:
            history = fit_tuned(
                config, network, material.samples, material.maps, train, validation,
                partial(_tell, watch, stage, config.fine_tune_epochs),
            )  # fmt: skip
            checkpoints.save(stage, network.get_weights(), history)
        readings.put(rows, tuned_outputs(network, material.maps, rows))
        networks.append(network)
    return networks, [readings]


def _ensemble(
    config: TrainingConfig,
    material: Material,
    members: list[Any],
    networks: list[Outputs],
    tuned: list[Any],
    fold_of: Rows,
    histories: list[dict[str, list[float]]],
) -> FittedModel:
    emotions, units = _targets(material)
    appearance, geometry = (Outputs.empty(len(fold_of)) for _ in range(2))
    for fold in np.unique(fold_of):
        rows = np.flatnonzero(fold_of == fold)
        pair = _linear_experts(config, material, np.flatnonzero(fold_of != fold))
        part = material.plain[rows]
        appearance.put(rows, pair[0](part.appearance, None))
        geometry.put(rows, pair[1](part.geometry, part.found))
    dense, *tuned_readings = networks
    experts = [dense, appearance, geometry, *tuned_readings]
    mixture = choose_mixture(experts, emotions, units)
    if tuned and mixture.leaves_out(len(experts) - 1):  # no need to carry the blocks along
        tuned, mixture = [], mixture.without_last()
    readings, present = cross_fitted(experts, emotions, units, fold_of)
    used = experts[: len(mixture.emotion_weights)]
    raw = mixed(used, mixture.emotion_weights, mixture.unit_weights)
    final = _linear_experts(config, material, np.arange(len(fold_of)))
    return FittedModel(
        mix_heads(members, *final, mixture), tuned, mixture, tuple(experts), readings, present,
        fold_of,
        _mean_history(histories), calibration_figures(raw, readings, emotions, units),
    )  # fmt: skip


def _linear_experts(
    config: TrainingConfig, material: Material, rows: Rows
) -> tuple[LinearExpert, LinearExpert]:
    """Of the first tap's appearance, and of the landmarks of the faces that were found."""
    emotions, units = _targets(material)
    part = material.plain[rows]
    width = material.first_tap
    seen = fit_linear(
        part.appearance[:, :width], emotions[rows], units[rows], config.linear_strength
    )
    whole = np.zeros(part.appearance.shape[1])
    mean, kernel = whole.copy(), np.zeros((len(whole), seen.kernel.shape[1]))
    mean[:width], kernel[:width] = seen.mean, seen.kernel
    found = part.found[:, 0] > 0
    shape = fit_linear(
        part.geometry[found], emotions[rows][found], units[rows][found], config.linear_strength
    )
    return LinearExpert(mean, kernel, seen.bias), shape


def _targets(material: Material) -> tuple[Rows, NDArray[np.float32]]:
    return emotion_targets(material.samples), action_unit_targets(material.samples)


def _tell(watch: Watch, stage: str, epochs: int, epoch: int, losses: dict[str, float]) -> None:
    watch(stage, epoch, epochs, losses)


def _mean_history(histories: list[dict[str, list[float]]]) -> dict[str, list[float]]:
    """Epoch by epoch, as far as the shortest fold went."""
    epochs = min(len(history["loss"]) for history in histories)
    return {
        name: np.mean([history[name][:epochs] for history in histories], axis=0).tolist()
        for name in histories[0]
    }
