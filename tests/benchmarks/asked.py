"""Asking the product the same thing again and again, in one process without a network."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from tests.benchmarks.figures import Figure, keep

HEADING = "| what | p50 | p95 | of it, this process | queries |\n|---|---|---|---|---|"


def tell(name: str, act: Callable[[], object], faces: int, requests: int = 20) -> None:
    """Do something as often as that, and print its percentiles by the clock, what this process
    worked for it (the middle), and how many queries it sends; once before, to warm up."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as queries:
        act()
    number = len(queries)  # before the next request forgets them
    clock, own = zip(*(_timed(act) for _ in range(requests)), strict=True)
    p95 = statistics.quantiles(clock, n=20, method="inclusive")[-1]
    print(
        f"| {name} | {statistics.median(clock):.0f} ms | {p95:.0f} ms "
        f"| {statistics.median(own):.0f} ms | {number} |",
        flush=True,
    )
    keep(Figure(f"{name}, {faces:,} faces", "ms", clock))


def heading(faces: int) -> str:
    """The head of a table: what is asked, on which database, and how busy the machine is."""
    from django.db import connection

    load = os.getloadavg()[0]
    return f"# {faces:,} faces on {connection.vendor}, load {load:.1f}\n{HEADING}"


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of them worked."""
    began, used = time.perf_counter(), time.process_time()
    act()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)
