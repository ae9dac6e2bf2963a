"""Tasks of the inference queue."""

from celery import shared_task
from django.utils.module_loading import import_string

from facsweb.jobs.tasks import run_job
from inference.models import Explanation, InferenceRun, PriorRun


@shared_task
def predict_faces(run_id: int) -> None:
    run_job(InferenceRun, run_id, "inference.predict_run.carry_out")


@shared_task
def explain_face(explanation_id: int) -> None:
    run_job(Explanation, explanation_id, "inference.explain_run.carry_out")


@shared_task
def read_by_prior(run_id: int) -> None:
    run_job(PriorRun, run_id, "inference.prior_run.carry_out")


@shared_task
def help_to_predict(run_id: int) -> None:
    """Do parts of a run that another worker has, as long as there are any."""
    import_string("inference.predict_run.help_along")(run_id)
