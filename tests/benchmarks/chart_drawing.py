"""What a chart costs when the server draws it: `python -m tests.benchmarks.chart_drawing`.

Prints the figures of docs/decisions/0004-charts.md: times as median and 95th percentile of `NUMBER`
different pictures, memory as the resident megabytes of the process after each step.
"""

from __future__ import annotations

import gzip
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django

NUMBER = 100


def _megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def _specification(number: int) -> str:
    import orjson

    from facsweb.charts.fit import fitted
    from facsweb.charts.theme import THEMES, config_of
    from tests.facsweb.charts.test_charts import BARS

    spec = {**fitted(BARS, 640), "config": config_of(THEMES["light"]), "name": f"n{number}"}
    return orjson.dumps(spec).decode()


def _times(kind: str, first: int) -> None:
    from facsweb.charts.render import drawn

    taken = []
    for number in range(first, first + NUMBER):
        spec, start = _specification(number), time.perf_counter()
        size = len(drawn(spec, kind, 2))
        taken.append(1000 * (time.perf_counter() - start))
    taken.sort()
    median, late = statistics.median(taken), taken[int(0.95 * NUMBER)]
    print(f"{kind}: {median:.0f} ms, 95 % {late:.0f} ms, {size} bytes; {_megabytes()} MB")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
    django.setup()
    import facsweb.urls  # noqa: F401 - what a web process has loaded
    from facsweb.charts.render import browser_bundle, drawn, renderer_version

    print(f"vl-convert-python {renderer_version()}; a web process before: {_megabytes()} MB")
    start = time.perf_counter()
    drawn(_specification(-1), "svg", 1)
    print(f"the first picture: {time.perf_counter() - start:.2f} s; {_megabytes()} MB")
    _times("svg", 0)
    _times("png", 0)
    start = time.perf_counter()
    with ThreadPoolExecutor(4) as threads:
        specs = [_specification(number) for number in range(NUMBER, 2 * NUMBER)]
        list(threads.map(lambda spec: drawn(spec, "svg", 1), specs))
    each = 1000 * (time.perf_counter() - start) / NUMBER
    print(f"four threads: {each:.0f} ms a picture; {_megabytes()} MB")
    start = time.perf_counter()
    script = browser_bundle().encode()
    taken, packed = time.perf_counter() - start, len(gzip.compress(script))
    print(f"the browser's script: {taken:.1f} s, {len(script)} bytes, {packed} with gzip")


if __name__ == "__main__":
    main()
