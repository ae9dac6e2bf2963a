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
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

if TYPE_CHECKING:
    from facsweb.jobs.models import Run

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|COPY|TRUNCATE)\b", re.IGNORECASE)
_is_open = ContextVar("is_open", default=False)


class Cancelled(Exception):
    """Somebody cancelled the run, or another worker has it."""


class LeaseLost(Cancelled):
    """The run was handed back, taken over or ended, and this worker must write nothing more."""


@contextmanager
def unfenced() -> Iterator[None]:
    """Let statements through that name the claim themselves, as a run's own do."""
    token = _is_open.set(True)
    try:
        yield
    finally:
        _is_open.reset(token)


@contextmanager
def fenced(run: Run) -> Iterator[None]:
    """Refuse what this thread writes within the block once the run isn't its own any more.

    Whoever ended the run by itself may go on, such as to remove files of its own.

    Raises
    ------
    LeaseLost
        By the statement that would have written; the transaction is rolled back.
    """
    with connection.execute_wrapper(_Fence(run)):
        yield


class _Fence:
    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(
        self,
        execute: Callable[[str, Any, bool, dict[str, Any]], Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        if _is_open.get() or not _WRITES.match(sql):
            return execute(sql, params, many, context)
        # SQLite can't commit before the caller has fetched what RETURNING gives. So a lone INSERT
        # outside of any transaction is only preceded by the look, a moment before.
        lone = connection.vendor == "sqlite" and " RETURNING " in sql
        with nullcontext() if connection.in_atomic_block or lone else transaction.atomic():
            self._check()
            return execute(sql, params, many, context)

    def _check(self) -> None:
        run = self._run
        allowed = [run.Status.RUNNING, *([run.ended_as] if run.ended_as else [])]
        # On SQLite the transaction has the write lock of the whole file.
        row = type(run)._default_manager.select_for_update().order_by()
        mine = row.filter(pk=run.pk, attempts=run.attempts, status__in=allowed)
        if not mine.values_list("pk", flat=True).first():
            raise LeaseLost(f"{run} is another worker's by now, or has ended.")
