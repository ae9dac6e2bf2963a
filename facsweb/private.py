"""Files under `var/` for their owner alone: 0600, folders 0700, whatever the umask."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

#: Nobody else reads what we write: set once for each process, before it has written anything.
_OTHERS = 0o077


def keep_private() -> None:
    """Have this process, and those that it starts, write for nobody else; make room for uploads."""
    os.umask(_OTHERS)
    with contextlib.suppress(OSError):  # then Django's check says what is wrong with the folder
        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)


def mend_rights() -> int:
    """Take what others may do from every file and folder of ours; return of how many.

    Those of an earlier facsweb, and what was copied there by hand. Links and other people's files
    are left alone.
    """
    mended = 0
    for path in _ours():
        with contextlib.suppress(OSError):  # it is gone, or not ours
            found = path.lstat()
            if found.st_mode & _OTHERS and not stat.S_ISLNK(found.st_mode):
                path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
                mended += 1
    return mended


def _ours() -> Iterator[Path]:
    roots = {Path(each) for each in (settings.VAR_DIR, settings.MEDIA_ROOT, settings.MODELS_ROOT)}
    for root in roots:
        yield root
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                yield Path(folder, name)
