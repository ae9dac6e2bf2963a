"""Files that are on the disk, and not only in its cache, before anybody is told so."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class DurableFileSystemStorage(FileSystemStorage):
    """Syncs each file and its folder: a row that is committed never names a file that was lost."""

    def _save(self, name: str, content) -> str:
        stored = super()._save(name, content)
        path = Path(self.path(stored))
        for each in (path, path.parent):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return stored
