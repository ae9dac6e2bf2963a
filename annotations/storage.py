"""Files that are on the disk, and not only in its cache, before anybody is told so."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class DurableFileSystemStorage(FileSystemStorage):
    """Syncs each file and its folder: a row that is committed never names a file that was lost."""

    def _save(self, name: str, content) -> str:
        folder = Path(self.path(name)).parent
        new = [each for each in (folder, *folder.parents) if not each.exists()]
        stored = super()._save(name, content)
        path = Path(self.path(stored))
        for each in (path, path.parent, *(made.parent for made in new)):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return stored
