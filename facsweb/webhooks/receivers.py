"""The receiver that announces the end of a run. This app's configuration connects it."""

from __future__ import annotations

from typing import Any

from facsweb.jobs.models import Run
from facsweb.webhooks.events import OF_RUNS
from facsweb.webhooks.services import announce


def announce_run(sender: type[Run], run: Run, status: str, **_: Any) -> None:
    """Announce the end of a run whose class names an event."""
    if run.event:
        announce(OF_RUNS[run.event](id=run.pk, status=str(status)))
