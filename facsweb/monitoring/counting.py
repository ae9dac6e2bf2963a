"""The folder in which web processes count together."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings


def begin_counting() -> None:
    """Have web processes that start from now on count together, from zero."""
    folder = Path(settings.VAR_DIR, "metrics")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink(missing_ok=True)
    # prometheus_client reads it when it is imported, which no process of ours has done yet.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
