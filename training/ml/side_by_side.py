"""Fits side by side, one to a processor, that are heard of one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")
Losses = dict[str, float]
Tell = Callable[[int, Losses], None]


class _Stopped(Exception):
    """Nobody waits for this fit any more."""


class Fit(Generic[Result]):
    """A fit that another thread does."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._told: SimpleQueue[tuple[int, Losses] | None] = SimpleQueue()
        self.result: Future[Result]

    def tell(self, epoch: int, losses: Losses) -> None:
        """Take in an epoch, from the thread that fits."""
        if self._stop.is_set():
            raise _Stopped
        self._told.put((epoch, losses))

    def end(self) -> None:
        """Take in that there are no more."""
        self._told.put(None)

    def heard(self, tell: Tell) -> Result:
        """Pass the epochs on, those of before and those to come, and return the result.

        Parameters
        ----------
        tell
            Called in the thread that calls this; it may raise to stop.
        """
        while (epoch := self._told.get()) is not None:
            tell(*epoch)
        return self.result.result()


class SideBySide:
    """Threads that fit, each with one thread of BLAS; those that are left stop at the block's end.

    Parameters
    ----------
    most
        How many fits at once.
    """

    def __init__(self, most: int) -> None:
        self._most, self._stop, self._stack = most, threading.Event(), ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(threadpool_limits(1, user_api="blas"))
        self._pool = self._stack.enter_context(ThreadPoolExecutor(self._most))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        self._stack.close()

    def begin(self, work: Callable[[Tell], Result]) -> Fit[Result]:
        """Begin a fit as soon as a thread is free.

        Parameters
        ----------
        work
            Given a function to call after each epoch, with its number and its losses.
        """
        fit = Fit[Result](self._stop)

        def run() -> Result:
            try:
                return work(fit.tell)
            finally:
                fit.end()

        fit.result = self._pool.submit(run)
        return fit
