"""A fence around a worker: what lost its run writes nothing more, whatever kind of job it does.

A worker that was stopped beyond its lease doesn't know it when it is woken. So each statement of
its that writes is preceded, in the same transaction, by a look at the run's row, which stays
locked until the commit: nobody can take the run between the look and what is written.

Martin Kleppmann, "How to do distributed locking" (2016), calls it a fencing token; here it is the
number of the claim, `Run.attempts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Protocol

from django.db import connection, transaction

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|COPY|TRUNCATE)\b", re.IGNORECASE)
_is_open = ContextVar("is_open", default=False)
#: The fence that holds now: of a job within another one (`run_job`), its own.
_innermost: ContextVar[_Fence | None] = ContextVar("innermost", default=None)


class Cancelled(Exception):
    """Somebody cancelled the run, or another worker has it."""


class LeaseLost(Cancelled):
    """The run was handed back, taken over or ended, and this worker must write nothing more."""


class Held(Protocol):
    """A run, or a part of one, which a worker has by a claim that others can take from it."""

    def is_locked(self) -> bool:
        """Lock its row until the commit; tell whether it is still this worker's."""


@contextmanager
def unfenced() -> Iterator[None]:
    """Let statements through that name the claim themselves, as a run's own do."""
    token = _is_open.set(True)
    try:
        yield
    finally:
        _is_open.reset(token)


@contextmanager
def fenced(held: Held) -> Iterator[None]:
    """Refuse what this thread writes within the block once what it holds isn't its own any more.

    Whoever ended a run by itself may go on, such as to remove files of its own. Within another
    fence's block only this one holds.

    Raises
    ------
    LeaseLost
        By the statement that would have written; the transaction is rolled back.
    """
    fence = _Fence(held)
    token = _innermost.set(fence)
    try:
        with connection.execute_wrapper(fence):
            yield
    finally:
        _innermost.reset(token)


class _Fence:
    def __init__(self, held: Held) -> None:
        self._held = held

    def __call__(
        self,
        execute: Callable[[str, Any, bool, dict[str, Any]], Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        if _is_open.get() or _innermost.get() is not self or not _WRITES.match(sql):
            return execute(sql, params, many, context)
        # SQLite can't commit before the caller has fetched what RETURNING gives. So a lone INSERT
        # outside of any transaction is only preceded by the look, a moment before.
        lone = connection.vendor == "sqlite" and " RETURNING " in sql
        with nullcontext() if connection.in_atomic_block or lone else transaction.atomic():
            self._check()
            return execute(sql, params, many, context)

    def _check(self) -> None:
        # On SQLite the transaction has the write lock of the whole file.
        if not self._held.is_locked():
            raise LeaseLost(f"{self._held} is another worker's by now, or has ended.")
