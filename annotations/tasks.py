"""Tasks of the data queue that concern faces."""

from celery import shared_task

from annotations.models import PictureCleaning
from facsweb.jobs.tasks import run_job


@shared_task
def clean_pictures(run_id: int) -> None:
    run_job(PictureCleaning, run_id, "annotations.faces.clean_stored.carry_out")
