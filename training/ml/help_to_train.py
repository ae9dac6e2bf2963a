"""The help of a worker with another one's training: it fits folds that nobody has taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.ml.checkpoints import Checkpoints, Keeping
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, dataset_sha256
from training.ml.extraction import Pictures, RecipeTrunk, TrunkFiles, recipe_trunk
from training.ml.fitting import Fitting
from training.ml.material import gather
from training.ml.progress import Watch
from training.ml.recipes import RECIPES
from training.ml.split import hold_out, rotations

#: Raised when networks keep or come to other weights, so that no checkpoint of before is resumed.
_WEIGHTS_LAYOUT = 4


def checkpoints_of(
    config: TrainingConfig,
    samples: Sequence[Sample],
    trunk: RecipeTrunk,
    keeping: Keeping,
) -> Checkpoints:
    """Return the checkpoints of a training, by all that its networks depend on.

    Parameters
    ----------
    config, samples, trunk
        The training's.
    keeping
        Where they are kept.
    """
    taps = RECIPES[config.recipe].taps
    parts = (dataset_sha256(samples), config.to_json(), trunk.fingerprint, taps, _WEIGHTS_LAYOUT)
    return Checkpoints(keeping, *parts)


def help_to_train(
    config: TrainingConfig,
    samples: Sequence[Sample],
    files: TrunkFiles,
    *,
    watch: Watch,
    keeping: Keeping,
) -> bool:
    """Fit folds of a training that is another worker's, as long as there are free ones.

    Parameters
    ----------
    config, samples, files
        As `train.train` takes them, of that training.
    watch
        Hears of each epoch, and is asked whether to stop.
    keeping
        Shares nothing of any other training.

    Returns
    -------
    bool
        False where this processor computes in other numbers, or the data isn't the same any more:
        then nothing is fitted.

    Raises
    ------
    Cancelled
        `watch` was told to stop.
    """
    trunk = recipe_trunk(config, files.weights)
    checkpoints = checkpoints_of(config, samples, trunk, keeping)
    if checkpoints.shared is None:
        return False
    pictures = Pictures(samples, config)
    material = gather(config, pictures, trunk, files.cache_dir, watch, files.prior_reader)
    known = np.flatnonzero(~hold_out(samples, config.test_share, config.seed))
    fitting = Fitting(config, material.subset(known), watch, checkpoints)
    folds = rotations(fitting.material.samples, fitting.fold_of(), config.seed)
    fitting.help(folds, checkpoints.shared)
    return True
