"""Asking the product the same thing again and again, in one process without a network."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, keep

HEADING = (
    "| what | worked: p50 | p95 | clock: p50 | p95 | queries | database |\n"
    "|---|---|---|---|---|---|---|"
)
#: How often each thing is done.
requests = 10


def tell(name: str, act: Callable[[], object], faces: int) -> None:
    """Do something some times, and print its percentiles and how many queries it sends.

    "Worked" are milliseconds of a processor, of this process and of PostgreSQL's that serves it.
    "Database" is how much that had to look at, whatever else the machine does: thousands of steps
    of SQLite's virtual machine, or pages of PostgreSQL.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    gc.collect()
    gc.freeze()  # as our server does once it has started
    with CaptureQueriesContext(connection) as queries:
        act()
    number = len(queries)  # before the next request forgets them
    looked_at = _looked_at(act)
    server = _server()
    clock, worked = zip(*(_timed(act, server) for _ in range(requests)), strict=True)
    told = [f"{each:.0f} ms" for each in (*_percentiles(worked), *_percentiles(clock))]
    print(f"| {name} | {' | '.join(told)} | {number} | {looked_at:,} |", flush=True)
    keep(Figure(f"{name}, {faces:,} faces", "ms", clock))
    keep(Figure(f"{name}, {faces:,} faces", "ms of a processor", worked))


def heading(faces: int) -> str:
    """The head of a table: what is asked, on which database, and how busy the machine is."""
    from django.db import connection

    load = os.getloadavg()[0]
    return f"# {faces:,} faces on {connection.vendor}, load {load:.1f}\n{HEADING}"


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 95th."""
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1]
    return statistics.median(values), p95


def _looked_at(act: Callable[[], object]) -> int:
    """Thousands of steps that SQLite takes for something, or pages that PostgreSQL looks at."""
    from django.db import connection

    if connection.vendor == "postgresql":
        before = _pages()
        act()
        return _pages() - before
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    connection.ensure_connection()
    connection.connection.set_progress_handler(step, 100)
    act()
    connection.connection.set_progress_handler(None, 0)
    return steps // 10


def _pages() -> int:
    """Pages that were looked at in this database so far, these questions' own among them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def _server() -> Path | None:
    """Where Linux tells how long the process of PostgreSQL has worked that this one talks to."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return Path(f"/proc/{cursor.fetchone()[0]}/schedstat")


def _timed(act: Callable[[], object], server: Path | None) -> tuple[float, float]:
    """Milliseconds by the clock, and of a processor."""
    began, used = time.perf_counter(), _worked(server)
    act()
    return 1000 * (time.perf_counter() - began), 1000 * (_worked(server) - used)


def _worked(server: Path | None) -> float:
    """Seconds that this process has worked, and the server's."""
    theirs = int(server.read_text().split()[0]) / 1e9 if server else 0.0
    return time.process_time() + theirs
