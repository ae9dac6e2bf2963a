"""Vega-Embed among the static files, written once from the wheel that the server draws by."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage

from facsweb.charts.render import VEGA_LITE, browser_bundle, renderer_version

NAME = "charts/vega-embed.js"


class PackagedScript(BaseFinder):
    """Finds `charts/vega-embed.js`: no copy of it is kept with the source, none comes from a CDN.

    The file lies in a folder named after the wheel's version, so an upgrade writes it anew.
    """

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        if path != NAME:
            return []
        found = str(_written())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        root = _written().parents[1]
        yield NAME, FileSystemStorage(location=root)


def _written() -> Path:
    """Return the script's path, having it written first where it isn't there yet."""
    folder = settings.VAR_DIR / "charts" / f"{renderer_version()}-{VEGA_LITE}"
    path: Path = folder / NAME
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may write at once: each renames a whole file into place.
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(browser_bundle())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    return path
