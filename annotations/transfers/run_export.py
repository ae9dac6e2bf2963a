"""The worker's part of an export: it streams the database into one file, and keeps that."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.core.files.base import File

from annotations.formats.writers.ckplus import NoRoom
from annotations.transfers.export_formats import SUFFIXES, write
from annotations.transfers.models import Export
from facsweb.jobs.fence import Cancelled, LeaseLost
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress, work_folder
from facsweb.problems import Problem


def carry_out(run: Export) -> None:
    """Make the export's file. It is stored when it is whole, or not at all."""
    try:
        with work_folder(run) as folder:
            target = folder / "export"
            report = write(run, target, folder, Progress(run))
            _keep(run, target, report)
        ended, error = Run.Status.SUCCEEDED, ""
    except Cancelled:
        ended, error = Run.Status.CANCELLED, ""
    except (Problem, NoRoom) as refused:
        ended, error = Run.Status.FAILED, str(refused)
    run.finish(ended, error)


def _keep(run: Export, target: Path, report: dict[str, int]) -> None:
    """Store the file, then name it in the row; if that fails, the run is another worker's now."""
    if not run.is_mine():
        raise LeaseLost(str(run))
    with target.open("rb") as file:
        run.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        run.size = target.stat().st_size
        file.seek(0)
        suffix = SUFFIXES[Export.Format(run.format), run.images]
        # Outside of any transaction: gigabytes take their time, and SQLite has one write lock.
        run.file.save(f"{run.pk}-{run.sha256[:12]}.{suffix}", File(file), save=False)
    run.outcome = report
    try:
        run.save(update_fields=["file", "size", "sha256", "outcome"])
    except BaseException:
        run.file.storage.delete(run.file.name)
        raise
