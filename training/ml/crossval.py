"""k-fold cross-validation of a whole recipe by subject, nested for all that it chooses."""

from __future__ import annotations

import dataclasses

import numpy as np

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.predictions import Prediction, predictions_of
from training.ml.config import TrainingConfig
from training.ml.dataset import check_learnable
from training.ml.ensemble import fit_model, fit_single
from training.ml.extraction import Pictures, TrunkFiles, recipe_trunk
from training.ml.material import Material, gather
from training.ml.probabilities import outputs_of
from training.ml.progress import Watch
from training.ml.recipes import RECIPES
from training.ml.split import folds_by_subject


def out_of_fold(
    config: TrainingConfig,
    pictures: Pictures,
    files: TrunkFiles,
    *,
    folds: int,
    repeats: int,
    watch: Watch | None = None,
) -> list[list[Prediction]]:
    """Predict every sample by models that never saw its subject.

    Each fold is predicted by a model that was fitted, stopped, mixed, calibrated and thresholded
    on the other folds. The folds depend on the samples, `config.seed` and the repeat alone, so
    that two recipes are compared on the same ones.

    Parameters
    ----------
    config
        The recipe and its settings.
    pictures
        n samples.
    files
        The trunk's weights and cache.
    folds, repeats
        How many folds, and how often to draw them anew.
    watch
        Hears how far it is, and is asked whether to stop.

    Returns
    -------
    list of list of Prediction
        For each repeat, n predictions in the samples' order.

    Raises
    ------
    SplitError, NothingToLearn
        Too few subjects; every label says the same.
    Cancelled
        `watch` was told to stop.
    """
    check_learnable(pictures.samples)
    watch = watch or Watch()
    seeds = [config.seed + repeat for repeat in range(repeats)]
    # Before the features, which take minutes: too few subjects are refused at once.
    drawn = [folds_by_subject(pictures.samples, folds, seed) for seed in seeds]
    trunk = recipe_trunk(config, files.weights)
    material = gather(config, pictures, trunk, files.cache_dir, watch, files.prior_reader)
    result = []
    for repeat, (seed, fold_of) in enumerate(zip(seeds, drawn, strict=True)):
        seeded = dataclasses.replace(config, seed=seed)
        predictions: dict[int, Prediction] = {}
        for fold in range(folds):
            watch("folds", repeat * folds + fold, repeats * folds)
            silent = Watch(should_cancel=watch.should_cancel)
            others, rows = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            known, unknown = material.subset(others), material.subset(rows)
            answers = _predict(seeded, known, unknown, silent)
            predictions.update(zip(rows.tolist(), answers, strict=True))
        result.append([predictions[row] for row in range(len(fold_of))])
    watch("folds", repeats * folds, repeats * folds)
    return result


def _predict(
    config: TrainingConfig, known: Material, unknown: Material, watch: Watch
) -> list[Prediction]:
    if RECIPES[config.recipe].ensemble:
        fitted = fit_model(config, known, watch)
        said, thresholds = fitted.read(unknown), np.array(fitted.mixture.thresholds)
    else:
        said = outputs_of(fit_single(config, known, watch), unknown.plain)
        thresholds = np.full(len(MODEL_ACTION_UNITS), 0.5)
    return predictions_of(said.emotion, said.units, said.units >= thresholds, unknown.plain.quality)
