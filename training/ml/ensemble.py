"""Fitting a model to features: heads for each fold, linear experts, and their mixture.

The dense heads of fold f are fitted on most subjects of the other folds, stop by the rest of them,
and read f. So every face is read by heads that never saw its subject; on these readings the
mixture, its calibration and its thresholds are chosen. The final model is the mean of all folds'
heads and the linear experts fitted on every face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs.reference_kind import ReferenceKind
from inference.ml.experts import Expert
from training.ml.by_fold import FoldModel
from training.ml.checkpoints import Checkpoints
from training.ml.config import TrainingConfig
from training.ml.fitting import Fitting, Rows
from training.ml.heads import mix_heads
from training.ml.linear_experts import Linear, begun, fitted, linear_fits, linear_out_of_fold
from training.ml.material import Material
from training.ml.metrics import Calibration
from training.ml.mixture import (
    Experts,
    Mixture,
    calibration_figures,
    plain_mixture,
)
from training.ml.mixture_choice import choose_mixture, cross_chosen, cross_fitted
from training.ml.probabilities import Outputs, outputs_of
from training.ml.progress import Watch
from training.ml.recipes import COMPARING, RECIPES
from training.ml.side_by_side import SideBySide
from training.ml.small_algebra import LARGE, small_algebra
from training.ml.split import rotations, rows_by_fold
from training.ml.trainer import History


@dataclass(frozen=True)
class FittedModel:
    """A model, and what was measured while it was fitted.

    Attributes
    ----------
    heads
        The final model, from `Features.inputs()` to both heads.
    mixture
        Its mixture; the thresholds are in it.
    experts
        Each expert's readings out of fold, uncalibrated.
    out_of_fold, present
        Readings of the training faces by heads that never saw their subjects, by mixtures that
        were chosen on other folds: probabilities, and decisions (n, 15).
    fold_of
        (n,) each face's fold.
    history
        Losses by epoch, the mean over folds.
    calibration
        Expected calibration errors out of fold, before and after calibration.
    by_fold
        What read the training faces out of fold.
    """

    heads: Any
    mixture: Mixture
    experts: Experts
    out_of_fold: Outputs
    present: NDArray[np.bool_]
    fold_of: Rows
    history: History
    calibration: Calibration
    by_fold: tuple[FoldModel, ...]

    @property
    def holds_prior(self) -> bool:
        """Whether an expert that counts asks the expression prior."""
        return Expert.PRIOR in self.mixture.emotion_weights

    def read(self, material: Material) -> Outputs:
        """Read other faces with the final model.

        Parameters
        ----------
        material
            m faces.

        Returns
        -------
        Outputs
            Calibrated probabilities of m faces.
        """
        return outputs_of(self.heads, material.plain)


def fit_model(
    config: TrainingConfig,
    material: Material,
    watch: Watch,
    checkpoints: Checkpoints | None = None,
) -> FittedModel:
    """Fit a model by a recipe.

    Parameters
    ----------
    config
        The recipe and its settings.
    material
        n faces to learn from.
    watch
        Hears of each stage and epoch.
    checkpoints
        Where finished parts are kept, and found again; None keeps nothing.

    Raises
    ------
    SplitError
        Fewer than three subjects.
    Cancelled
        `watch` was told to stop.
    """
    fitting = Fitting(config, material, watch, checkpoints)
    fold_of = fitting.fold_of()
    folds = rotations(material.samples, fold_of, config.seed)
    if not RECIPES[config.recipe].ensemble:
        members, histories, dense = fitting.members(folds)
        model = _single(fitting, members, dense, fold_of)
        return replace(model, history=_mean_history(histories))
    linear: list[Linear] = []
    fits = linear_fits(config, material, fold_of)

    def besides(side: SideBySide) -> Callable[[], None]:
        waiting = begun(fits, side)
        return lambda: linear.extend(fitted(waiting, watch))

    if len(fold_of) < LARGE:
        members, histories, dense = fitting.members(folds, besides)
    else:  # one after the other: each takes copies of its faces
        members, histories, dense = fitting.members(folds)
        linear.extend(fitted(fits, watch))
    with small_algebra(len(fold_of)):
        model = _ensemble(fitting, members, linear, dense, fold_of)
    return replace(model, history=_mean_history(histories))


def fit_single(
    config: TrainingConfig,
    material: Material,
    watch: Watch,
    checkpoints: Checkpoints | None = None,
) -> Any:
    """Fit one network's heads on all folds but the first, which decides when they stop.

    Parameters
    ----------
    config, material, watch, checkpoints
        As `fit_model` takes them.

    Returns
    -------
    keras.Model
        As `heads.build_heads` builds it.
    """
    return Fitting(config, material, watch, checkpoints).single()


def _single(fitting: Fitting, members: list[Any], dense: Outputs, fold_of: Rows) -> FittedModel:
    """Fit one network; the out-of-fold readings by the folds' heads stand in for its own."""
    mixture, material = plain_mixture(), fitting.material
    return FittedModel(
        heads=fitting.single(),
        mixture=mixture,
        experts=Experts({Expert.DENSE: dense}),
        out_of_fold=dense,
        present=mixture.present(dense.units),
        fold_of=fold_of,
        history={},
        calibration=calibration_figures(dense, dense, material.emotions, material.units),
        by_fold=tuple(
            FoldModel(rows, heads, {}, mixture)
            for rows, heads in zip(rows_by_fold(fold_of), members, strict=True)
        ),
    )


def _ensemble(
    fitting: Fitting, members: list[Any], linear_fitted: list[Linear], dense: Outputs, fold_of: Rows
) -> FittedModel:
    """Fit a mixture of the folds' heads and of linear experts: of the folds, and of all faces."""
    config, material = fitting.config, fitting.material
    emotions, units = material.emotions, material.units
    *linear_of, linear = linear_fitted
    experts = Experts(
        {Expert.DENSE: dense, **linear_out_of_fold(linear_of, material.plain, fold_of)},
        material.compared,
        COMPARING,
        material.reference_kinds() == [ReferenceKind.NEUTRAL],
    )
    fitting.watch("mixture", 0, 1)
    mixture = choose_mixture(experts, emotions, units)
    mixtures = cross_chosen(experts, emotions, units, fold_of)
    readings, present = cross_fitted(experts, mixtures, fold_of)
    if config.asks_prior and mixture.leaves_out(Expert.PRIOR):  # no need to carry it along
        mixture = mixture.without(Expert.PRIOR)
        del linear[Expert.PRIOR]
    return FittedModel(
        heads=mix_heads(members, linear, mixture),
        mixture=mixture,
        experts=experts,
        out_of_fold=readings,
        present=present,
        fold_of=fold_of,
        history={},
        calibration=calibration_figures(mixture.raw(experts), readings, emotions, units),
        by_fold=tuple(
            FoldModel(*each)
            for each in zip(rows_by_fold(fold_of), members, linear_of, mixtures, strict=True)
        ),
    )


def _mean_history(histories: list[History]) -> History:
    """Average the losses epoch by epoch, as far as the shortest fold went."""
    epochs = min(len(history["loss"]) for history in histories)
    return {
        name: np.mean([history[name][:epochs] for history in histories], axis=0).tolist()
        for name in histories[0]
    }
