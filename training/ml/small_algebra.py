"""Linear algebra of small arrays on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

#: Rows from which a second thread pays.
LARGE = 3000


@contextmanager
def small_algebra(rows: int) -> Iterator[None]:
    """Give BLAS one thread while small arrays are worked on.

    Its threads wait for one another by spinning, thousands of times a second on arrays of a few
    hundred rows: ten times the processor time, and as much time again where others use the machine.

    Parameters
    ----------
    rows
        How many the arrays have; from 3,000 BLAS keeps its threads.
    """
    if rows >= LARGE:
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield
