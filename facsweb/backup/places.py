"""The places that a restore fills: folders and buckets; databases are in `database_places`.

Whatever is restored is made beside what is there, and takes its place by renaming, at the end.
"""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage

from facsweb.backup.errors import BadBackup


class Place(ABC):
    """Something that is filled beside the present one and then takes its place."""

    @abstractmethod
    def held(self) -> str:
        """Return what is there now, in words; empty if nothing is."""

    @abstractmethod
    def swap(self) -> str:
        """Put the new in the place of the old; return where the old is kept, or nothing."""

    @abstractmethod
    def swap_back(self) -> None:
        """Take `swap` back."""

    @abstractmethod
    def discard(self) -> None:
        """Remove what was prepared and didn't take the place."""


class Folder(Place):
    """A folder. It may be a mount of its own, so what is prepared lies within, hidden."""

    def __init__(self, root: Path, stamp: str) -> None:
        self.root = root
        self.ready = root / f".restoring-{stamp}"
        self.aside = root / f".before-restore-{stamp}"
        self._undo: list[Callable[[], object]] = []

    def held(self) -> str:
        count = len(_shown(self.root))
        return f"{self.root} holds {count} file{'s' * (count != 1)} or folders" if count else ""

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write a file that isn't there yet, for its owner only. Raises BadBackup."""
        target = self.ready / name
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise BadBackup(f"It holds {name} twice.") from None
        with os.fdopen(descriptor, "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)

    def swap(self) -> str:
        old = _shown(self.root)
        for path in old:
            self.aside.mkdir(mode=0o700, exist_ok=True)
            self._move(path, self.aside / path.name)
        for path in _shown(self.ready):
            self._move(path, self.root / path.name)
        return str(self.aside) if old else ""

    def swap_back(self) -> None:
        while self._undo:
            self._undo.pop()()
        if self.aside.is_dir():
            self.aside.rmdir()

    def discard(self) -> None:
        shutil.rmtree(self.ready, ignore_errors=True)

    def _move(self, source: Path, target: Path) -> None:
        source.rename(target)
        self._undo.append(partial(target.rename, source))


class Bucket(Place):
    """A bucket of S3, which knows no renaming: it must be empty, and what is put there is final."""

    def __init__(self) -> None:
        self._written: list[str] = []

    def held(self) -> str:
        folders, names = default_storage.listdir("")
        return "the bucket isn't empty" if folders or names else ""

    def write(self, name: str, stream: BinaryIO) -> None:
        """Put a file. Raises BadBackup where the storage gives it another name."""
        stored = default_storage.save(name, stream)
        self._written.append(stored)
        if stored != name:
            raise BadBackup(f"It holds {name} twice.")

    def swap(self) -> str:
        self._written.clear()
        return ""

    def swap_back(self) -> None:
        """Leave them: `swap` moved nothing."""

    def discard(self) -> None:
        for name in self._written:
            default_storage.delete(name)


def _shown(folder: Path) -> list[Path]:
    """Return what is in a folder, apart from what hides there."""
    if not folder.is_dir():
        return []
    hidden = (".", "lost+found")  # what a restore set aside; what a disk's own folder holds
    return sorted(path for path in folder.iterdir() if not path.name.startswith(hidden))
