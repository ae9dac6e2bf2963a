"""Features in the bucket, so that no machine computes what another one has."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from inference.ml.feature_cache import picture_of, shared_through
from inference.shared_cache import SharedCache, shared_cache

_ROOT = "features"
#: An object takes some milliseconds, nearly all of which is waiting.
_AT_ONCE = 8
#: Files that may wait to be sent: whoever computes faster than that waits, too.
_MOST_WAITING = 64


class SharedFeatures:
    """Features that come from the bucket before they are computed, and go there afterwards.

    They are sent while others are being computed; the block's end waits for the last.
    """

    def __init__(self, shared: SharedCache) -> None:
        self._shared = shared
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def fetch(self, folder: Path, keys: Sequence[str]) -> None:
        """Copy to a folder of this machine what the bucket has of some keys."""
        for _ in self._pool.map(lambda key: self._fetch(folder, key), keys):
            pass

    def put(self, path: Path) -> None:
        """Send a file of this machine."""
        self._waiting.append(self._pool.submit(self._put, path))
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft().result()

    def _fetch(self, folder: Path, key: str) -> None:
        target = folder / f"{key}.npz"
        data = self._shared.get(_name(target))
        if data is not None:
            folder.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(f".{os.getpid()}.fetched.part")
            partial.write_bytes(data)
            partial.replace(target)

    def _put(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a withdrawal, or the bound of this disk, was quicker
            return
        self._shared.put(_name(path), data)


@contextmanager
def sharing_features() -> Iterator[None]:
    """Have other machines share the features that the block computes, where there is a bucket."""
    shared = shared_cache()
    if shared is None:
        yield
        return
    with SharedFeatures(shared) as features, shared_through(features):
        yield


def forget_shared(is_gone: Callable[[str], bool]) -> int:
    """Delete the features of pictures from the bucket; return how many files there were.

    Parameters
    ----------
    is_gone
        Tells of a picture's sha256 whether it is to go.
    """
    shared = shared_cache()
    if shared is None:
        return 0
    gone: Iterable[str] = filter(is_gone, shared.folders(_ROOT))
    return sum(shared.remove(f"{_ROOT}/{picture}") for picture in gone)


def _name(path: Path) -> str:
    """Return a file's name in the bucket: below its picture, so that it is found by it."""
    return f"{_ROOT}/{picture_of(path)}/{path.parent.name}-{path.name}"
