"""Tasks of the training queue."""

from celery import shared_task

from facsweb.jobs.tasks import run_job
from training.models import TrainingRun


@shared_task
def train_model(run_id: int) -> None:
    run_job(TrainingRun, run_id, "training.train_run.carry_out")
