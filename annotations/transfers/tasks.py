"""Tasks of the data queue: imports and exports."""

from celery import shared_task

from annotations.transfers.models import Export, Import
from facsweb.jobs.tasks import run_job


@shared_task
def carry_out_import(run_id: int) -> None:
    run_job(Import, run_id, "annotations.transfers.run_import.carry_out")


@shared_task
def carry_out_export(run_id: int) -> None:
    run_job(Export, run_id, "annotations.transfers.run_export.carry_out")
