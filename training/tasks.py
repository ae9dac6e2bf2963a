"""Tasks: trainings; comparisons and news for MLflow, which the data queue's worker does."""

from celery import shared_task

from facsweb.jobs.tasks import run_job
from training.comparison_models import Comparison
from training.drift_check import DriftCheck
from training.mirror.deliveries import TASK, deliver
from training.models import TrainingRun


@shared_task
def train_model(run_id: int) -> None:
    if TrainingRun.objects.filter(pk=run_id, thresholds__isnull=False).exists():
        run_job(TrainingRun, run_id, "training.threshold_run.carry_out")
    else:
        run_job(TrainingRun, run_id, "training.train_run.carry_out")


@shared_task
def compare_coders(comparison_id: int) -> None:
    run_job(Comparison, comparison_id, "training.compare_run.carry_out")


@shared_task(name=TASK)
def deliver_to_mlflow(delivery_id: int) -> None:
    deliver(delivery_id)


@shared_task
def check_drift(check_id: int) -> None:
    run_job(DriftCheck, check_id, "training.drift_run.carry_out")
