"""Doing work on several processors, a little ahead of who uses it, and never far ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from inference.ml.runtime import streams

_T = TypeVar("_T")
_R = TypeVar("_R")


@contextmanager
def ahead(work: Callable[[_T], _R], things: Sequence[_T]) -> Iterator[Iterator[_R]]:
    """Do some work on each thing in threads, and hand over an iterator of what comes of it.

    The results come in order. At most two for each thread are waited for or wait to be taken, so
    memory is bounded, however slow who takes them is. What a thing raises is raised when its turn
    comes. At the end of the block what hasn't begun never does.

    Parameters
    ----------
    work
        Is called in other threads. Pillow, NumPy and the light runtime let others run meanwhile.
    things
        What it is to be called with.
    """
    with ThreadPoolExecutor(streams(), thread_name_prefix="ahead") as pool:
        waiting: deque[Future[_R]] = deque()

        def results() -> Iterator[_R]:
            for thing in things:
                waiting.append(pool.submit(work, thing))
                if len(waiting) > 2 * streams():
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

        try:
            yield results()
        finally:
            for future in waiting:
                future.cancel()
