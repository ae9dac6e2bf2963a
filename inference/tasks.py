"""Tasks of the inference queue."""

from celery import shared_task

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
