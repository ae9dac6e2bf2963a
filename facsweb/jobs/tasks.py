"""The frame of every task: claim a run, carry it out, and end it with a message if that fails."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from facsweb.jobs.models import Run

logger = logging.getLogger(__name__)


def run_job(model: type[Run], pk: int, work: str) -> None:
    """Claim the run and carry it out; whatever goes wrong is recorded in the run.

    Nothing happens where the run is gone, has ended, or is another worker's.

    Parameters
    ----------
    work
        Dotted path of a function of the run. It is imported here and no earlier: the web process
        imports the modules of tasks, and must load neither TensorFlow, which can't be forked, nor
        Arrow or archives.
    """
    run = model.objects.filter(pk=pk).first()
    if run is None or not run.claim():
        return
    try:
        import_string(work)(run)
    except Exception as error:
        logger.exception("%s failed", run)
        run.finish(Run.Status.FAILED, f"{type(error).__name__}: {_text_of(error)}")


def _text_of(error: Exception) -> str:
    """Return what the error says, without the server's paths: pages and the API show it."""
    text = str(error)
    if isinstance(error, OSError) and error.filename:
        text = str(error.strerror)
    for folder in sorted(_our_folders(), key=lambda folder: len(str(folder)), reverse=True):
        text = text.replace(str(folder), folder.name)
    return text


def _our_folders() -> set[Path]:
    """Return the folders whose files libraries may name: users read `models/x`, not /srv/..."""
    named = (settings.MEDIA_ROOT, settings.MODELS_ROOT, settings.VAR_DIR, settings.BASE_DIR)
    return {Path(folder) for folder in named if folder}
