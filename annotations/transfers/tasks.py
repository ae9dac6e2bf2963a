"""Tasks of the data queue: imports, exports, and what takes long of annotations."""

import logging

from celery import shared_task

from annotations.models import AgreementReport, BulkRun, PictureCleaning, QueueMaking
from annotations.transfers.models import Export, Import
from facsweb.jobs.tasks import run_job

logger = logging.getLogger(__name__)

#: Seconds of work on thumbnails before whoever waits in the queue has their turn.
_A_TURN = 15


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


@shared_task
def make_queue(run_id: int) -> None:
    run_job(QueueMaking, run_id, "annotations.queues.making_run.carry_out")


@shared_task
def draw_thumbnails() -> None:
    from annotations.faces.thumbnails import draw_missing  # Pillow is for this task alone

    try:
        draw_missing(_A_TURN)
    except OSError as error:
        logger.warning("thumbnails can't be kept: %s", error.strerror)
