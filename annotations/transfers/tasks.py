"""Tasks of the data queue: imports, exports, and what takes long of annotations."""

from celery import shared_task

from annotations.models import AgreementReport, BulkRun, PictureCleaning
from annotations.transfers.models import Export, Import
from facsweb.jobs.tasks import run_job


@shared_task
def carry_out_import(run_id: int) -> None:
    run_job(Import, run_id, "annotations.transfers.run_import.carry_out")


@shared_task
def carry_out_export(run_id: int) -> None:
    run_job(Export, run_id, "annotations.transfers.run_export.carry_out")


@shared_task
def clean_pictures(run_id: int) -> None:
    run_job(PictureCleaning, run_id, "annotations.faces.clean_stored.carry_out")


@shared_task
def report_agreement(report_id: int) -> None:
    run_job(AgreementReport, report_id, "annotations.agreement.run.carry_out")


@shared_task
def decide_in_bulk(run_id: int) -> None:
    run_job(BulkRun, run_id, "annotations.review.bulk_run.carry_out")
