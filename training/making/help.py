"""Help with another worker's training: its folds, while it goes on."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.conf import settings

from annotations.tombstones import watermark
from annotations.withdrawal.parts import remove_files
from annotations.withdrawal.this_machine import catch_up
from facsweb.jobs.models import Run
from facsweb.jobs.progress import beating
from facsweb.logs import about
from inference.ml.feature_cache import prune
from inference.ml.trunk import trunk_weights
from inference.shared_features import sharing_features
from training.making.prior import prior_weights
from training.making.samples import frozen_samples
from training.making.shared_fits import HELPERS_SECONDS, FitsOfRun
from training.ml import progress as ml
from training.ml.checkpoints import Keeping
from training.ml.config import TrainingConfig
from training.ml.extraction import TrunkFiles
from training.ml.help_to_train import help_to_train
from training.models import TrainingRun

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 1.0


def help_along(pk: int, name: str) -> None:
    """Fit folds of a training that another worker has, as long as there are any to take.

    What goes wrong is logged: the run's own worker fits what is missing, and tells.

    Parameters
    ----------
    pk
        Of the run.
    name
        That of its checkpoints.
    """
    run = TrainingRun.objects.filter(pk=pk, status=Run.Status.RUNNING).first()
    if run is None or run.snapshot is None:
        return
    catch_up()
    since = watermark()
    fits = FitsOfRun(run, name, helper=uuid.uuid4().hex)
    with about(job=f"{run._meta.label_lower}:{pk}"):
        try:
            with beating(fits.beat, HELPERS_SECONDS / 4), sharing_features():
                _help(run, name, fits)
        except ml.Cancelled:
            logger.info("no more help: it has ended, or was cancelled")
        finally:
            fits.release_all()
            if watermark() > since:  # what was being computed may have been written since
                fits.clear()
                remove_files()
            prune(settings.FEATURE_CACHE, settings.FEATURE_CACHE_MAX_BYTES)


def _help(run: TrainingRun, name: str, fits: FitsOfRun) -> None:
    assert run.snapshot is not None  # who calls this has asked
    config = TrainingConfig.from_json(run.config)
    weights = trunk_weights(config.trunk, settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
    prior = prior_weights(asked=config.asks_prior)
    logger.info("helping")
    fitted = help_to_train(
        config,
        frozen_samples(run.snapshot),
        TrunkFiles(weights, settings.FEATURE_CACHE, prior),
        watch=ml.Watch(should_cancel=_is_over(run)),
        keeping=Keeping(settings.CHECKPOINT_ROOT, lambda found: fits if found == name else None),
    )
    logger.info("helped" if fitted else "no help: this machine computes in other numbers")


def _is_over(run: TrainingRun) -> Callable[[], bool]:
    """Return what tells whether a run has ended or is to, and asks now and then."""
    asked, over = 0.0, False

    def is_over() -> bool:
        nonlocal asked, over
        if not over and time.monotonic() - asked >= _SECONDS_BETWEEN_LOOKS:
            asked = time.monotonic()
            now = TrainingRun.objects.filter(pk=run.pk).first()
            over = now is None or now.status != Run.Status.RUNNING or now.is_cancelled()
        return over

    return is_over
