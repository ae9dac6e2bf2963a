"""Doing work on several processors, a little ahead of who uses it, and never far ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from inference.ml.runtime import streams

#: Results for each thread that wait to be taken, or are waited for. Who takes them also works on
#: them by the sixteen; the threads go on meanwhile. A face that was looked at takes 0.2 MB.
_AHEAD = 16

_T = TypeVar("_T")
_R = TypeVar("_R")


class Ahead(Iterator[_R], Generic[_T, _R]):
    """An iterator of what comes of some work on each thing, which is done in threads.

    The work begins at once. The results come in order; at most 16 for each thread are waited for
    or wait to be taken, so memory is bounded, however slow who takes them is. What a thing raises
    is raised when its turn comes. When it is closed, what hasn't begun never does.

    Parameters
    ----------
    work
        Is called in other threads. Pillow, NumPy and the light runtime let others run meanwhile.
    things
        What it is to be called with.
    """

    def __init__(self, work: Callable[[_T], _R], things: Iterable[_T]) -> None:
        self._work, self._things = work, iter(things)
        # One more than processors: now and then a thread waits for the interpreter.
        self._pool = ThreadPoolExecutor(streams() + 1, thread_name_prefix="ahead")
        self._waiting: deque[Future[_R]] = deque()
        self._begin_some()

    def __next__(self) -> _R:
        if not self._waiting:
            raise StopIteration
        first = self._waiting.popleft()
        self._begin_some()
        return first.result()

    def close(self) -> None:
        """Begin nothing more, and wait for what has begun."""
        self._pool.shutdown(cancel_futures=True)

    def _begin_some(self) -> None:
        while len(self._waiting) < _AHEAD * streams():
            for thing in self._things:
                self._waiting.append(self._pool.submit(self._work, thing))
                break
            else:
                return
