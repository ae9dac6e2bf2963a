"""Tasks: trainings; comparisons and news for MLflow, which the data queue's worker does."""

from celery import shared_task
from django.utils.module_loading import import_string

from facsweb.jobs.tasks import run_job
from training.mirror.deliveries import TASK, deliver
from training.models import Comparison, DriftCheck, TrainingRun


@shared_task
def train_model(run_id: int) -> None:
    if TrainingRun.objects.filter(pk=run_id, thresholds__isnull=False).exists():
        run_job(TrainingRun, run_id, "training.making.thresholds.carry_out")
    else:
        run_job(TrainingRun, run_id, "training.making.train.carry_out")


@shared_task
def help_to_train(run_id: int, name: str) -> None:
    """Fit folds of a training that another worker has, as long as there are any."""
    import_string("training.making.help.help_along")(run_id, name)


@shared_task
def compare_coders(comparison_id: int) -> None:
    run_job(Comparison, comparison_id, "training.comparisons.run.carry_out")


@shared_task(name=TASK)
def deliver_to_mlflow(delivery_id: int) -> None:
    deliver(delivery_id)


@shared_task
def check_drift(check_id: int) -> None:
    run_job(DriftCheck, check_id, "training.drift.run.carry_out")
