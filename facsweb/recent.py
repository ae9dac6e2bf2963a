"""Numbers over many rows, as pages show them: counted again only after some seconds.

To count a million rows takes a third of a second, and nobody sees whether such a number is of now
or of some seconds ago. Up to `MANY` rows are counted whenever somebody asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

#: As many rows are counted within 15 ms. A number over so many serves for a second, one over a
#: million for twenty: a process spends a fiftieth of its time on one number at most.
MANY = 50_000
_KEPT = 200


class Recent(Generic[T]):
    """Results of counting by what was counted, in this process.

    Parameters
    ----------
    rows
        Tells over how many rows a result is.
    """

    def __init__(self, rows: Callable[[T], int]) -> None:
        self._rows = rows
        self._kept: dict[Hashable, tuple[float, T]] = {}

    def of(self, key: Hashable, count: Callable[[], T]) -> T:
        """Return what `count` found for this key a moment ago, or finds now."""
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        found = count()
        if (rows := self._rows(found)) > MANY:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = (time.monotonic() + rows / MANY, found)
        return found
