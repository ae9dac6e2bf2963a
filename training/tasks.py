"""Tasks of the training queue."""

import logging

from celery import shared_task

from facsweb.jobs.models import Run
from training.models import TrainingRun

logger = logging.getLogger(__name__)


@shared_task
def train_model(run_id: int) -> None:
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None or not run.claim():
        return
    try:
        # Here, not above: the web process imports this module, and TensorFlow does not fork.
        from training.train_run import carry_out

        carry_out(run)
    except Exception as error:  # the task's edge: whatever it was, the run says so
        logger.exception("%s failed", run)
        run.finish(Run.Status.FAILED, f"{type(error).__name__}: {error}")
