"""Tasks of the data queue: imports and exports."""

import logging
from collections.abc import Callable
from typing import TypeVar

from celery import shared_task

from annotations.transfers.models import Export, Import
from facsweb.jobs.models import Run

logger = logging.getLogger(__name__)

_Transfer = TypeVar("_Transfer", Import, Export)


@shared_task
def carry_out_import(run_id: int) -> None:
    # Here, not above: the web process imports this module and needs neither Arrow nor archives.
    from annotations.transfers.run_import import carry_out

    _carry_out(Import.objects.filter(pk=run_id).first(), carry_out)


@shared_task
def carry_out_export(run_id: int) -> None:
    from annotations.transfers.run_export import carry_out

    _carry_out(Export.objects.filter(pk=run_id).first(), carry_out)


def _carry_out(run: _Transfer | None, work: Callable[[_Transfer], None]) -> None:
    if run is None or not run.claim():
        return
    try:
        work(run)
    except Exception as error:  # the task's edge: whatever it was, the run says so
        logger.exception("%s failed", run)
        text = str(error)
        if isinstance(error, OSError) and error.filename:
            # Its own text tells a path of the server.
            text = str(error.strerror)
        run.finish(Run.Status.FAILED, f"{type(error).__name__}: {text}")
