"""The worker's part of an export: it streams the database into one file, and keeps that."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.core.files.base import File
from django.db import transaction

from annotations.consent import Scope, left_out
from annotations.formats.writers.ckplus import NoRoom
from annotations.tombstones import aware_of_withdrawals, check_nobody_withdrew
from annotations.transfers.export_formats import SUFFIXES, write
from annotations.transfers.models import Export
from facsweb.jobs.fence import Cancelled, LeaseLost
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress, work_folder
from facsweb.problems import Problem


def carry_out(run: Export) -> None:
    """Make the export's file. It is stored when it is whole, or not at all."""
    try:
        with work_folder(run) as folder, aware_of_withdrawals("the export") as since:
            if run.attempts > 1:
                _remove_leftovers(run)
            target = folder / "export"
            report = write(run, target, folder, Progress(run))
            _keep(run, target, report | _consent())
            _publish(run, since)
        return
    except Cancelled:
        ended, error = Run.Status.CANCELLED, ""
    except (Problem, NoRoom) as refused:
        ended, error = Run.Status.FAILED, str(refused)
    name = run.file.name
    run.finish(ended, error)
    _drop_file(run, name)


def _publish(run: Export, since: int) -> None:
    """End the export with its file, unless somebody withdrew while it was made."""
    with transaction.atomic():
        check_nobody_withdrew(since, "the export")
        run.finish(Run.Status.SUCCEEDED)


def _drop_file(run: Export, name: str | None) -> None:
    if name:
        run.file.storage.delete(name)
        Export.objects.filter(pk=run.pk, file=name).update(file="")


def _consent() -> dict[str, int]:
    """Return how many subjects were left out, where any was."""
    subjects = left_out(Scope.EXPORT).subjects
    return {"subjects_left_out": subjects} if subjects else {}


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
        # No two workers' files share a name: one that comes too late removes its own.
        name = f"{run.pk}-{run.attempts}-{run.sha256[:12]}.{suffix}"
        run.file.save(name, File(file), save=False)
    run.outcome = report
    try:
        run.save(update_fields=["file", "size", "sha256", "outcome"])
    except BaseException:
        run.file.storage.delete(run.file.name)
        raise


def _remove_leftovers(run: Export) -> None:
    """Remove a file that a worker had stored when it was killed, before the row named it."""
    field = Export._meta.get_field("file")
    folder = str(field.upload_to)
    try:
        _, names = field.storage.listdir(folder)
    except FileNotFoundError:  # none was ever stored
        return
    for name in names:
        if name.startswith(f"{run.pk}-"):
            field.storage.delete(f"{folder}/{name}")
