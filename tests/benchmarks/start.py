"""What runs before anything is done, and how soon: `python -m tests.benchmarks.start`.

Seconds and processor time until `manage.py run` has answered the first page, beside a bare Django
process that is started in turn with it; then, with all three workers waiting, the memory of each
process. Memory is PSS: pages that processes share are counted once (proc(5), smaps_rollup).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from facsweb.processes import die_with_parent
from tests.stack import Stack, bare_stack, free_address

#: Django with what `startproject` installs, and one page.
_BARE = """
import sys
from wsgiref.simple_server import make_server
from django.conf import settings
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50,
    INSTALLED_APPS=[f"django.contrib.{app}" for app in (
        "admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
from django.contrib import admin
from django.http import HttpResponse
from django.urls import path
page = path("login/", lambda request: HttpResponse("here"))
urlpatterns = [page, path("admin/", admin.site.urls)]
host, port = sys.argv[1].split(":")
make_server(host, int(port), application).serve_forever()
"""
_AIM = {"web process, MB": 110, "all processes, MB": 450, "first page, s": 4}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with (
        tempfile.TemporaryDirectory(prefix="facsweb-start") as folder,
        bare_stack(Path(folder), queues=[], LOG_LEVEL="ERROR") as stack,
    ):
        stack.stop("web")  # it has collected the static files, as a first start does
        bare, ours = [], []
        for _ in range(repeats):
            with _bare() as (process, address):
                bare.append(_first_page(process, address))
                bare_memory = _pss(process)
            stack.start("web", "run", "--address", stack.address)
            ours.append(_first_page(psutil.Process(stack.children["web"].pid), stack.address))
            if len(ours) < repeats:
                stack.stop("web")
        _tell_start("a bare Django process", bare)
        _tell_start("facsweb", ours)
        ratio = statistics.median(s for s, *_ in ours) / statistics.median(s for s, *_ in bare)
        print(f"{'first page, times a bare Django':44} {ratio:8.1f}")
        print(f"{'a bare Django process, MB':44} {bare_memory:8.0f}")
        _tell_memory(stack)
    return 0


@contextlib.contextmanager
def _bare() -> Iterator[tuple[psutil.Process, str]]:
    address = free_address()
    process = subprocess.Popen(
        [sys.executable, "-c", _BARE, address],
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    try:
        yield psutil.Process(process.pid), address
    finally:
        process.kill()
        process.wait()


def _first_page(process: psutil.Process, address: str) -> tuple[float, float, float]:
    """Seconds since the process began until it answers; processor seconds, of all and of a chain.

    The chain is the process, the server's main one and the busiest web process: what an idle
    machine of two cores has to wait for, whatever else this one does.
    """
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://{address}/login/", timeout=60).read()
            break
        if not process.is_running():
            raise RuntimeError("the server has ended")
        time.sleep(0.02)
    seconds = time.time() - process.create_time()
    used = {each: sum(each.cpu_times()[:2]) for each in process.children(recursive=True)}
    direct = [used[each] for each in process.children()]
    below = [spent for each, spent in used.items() if each.parent() != process]
    own = sum(process.cpu_times()[:2])
    return seconds, own + sum(used.values()), own + max(direct, default=0) + max(below, default=0)


def _tell_start(name: str, measured: list[tuple[float, float, float]]) -> None:
    names = ("first page", "processor", "longest chain")
    for what, values in zip(names, zip(*measured, strict=True), strict=True):
        each = ", ".join(f"{value:.1f}" for value in values)
        line = f"{name}: {what}, s"
        print(f"{line:44} {statistics.median(values):8.1f}   ({each})", flush=True)


def _tell_memory(stack: Stack) -> None:
    stack.start("workers", "worker")
    missing = "from facsweb.jobs.heartbeat import worker_state; print(worker_state().missing)"
    while stack.manage("shell", "-v0", "-c", missing).strip() != "[]":
        time.sleep(1)
    for _ in range(4):  # each web process has answered a page
        urllib.request.urlopen(f"{stack.url}/login/", timeout=60).read()
    time.sleep(3)
    total = 0.0
    for root in (psutil.Process(child.pid) for child in stack.children.values()):
        for process in (root, *root.children(recursive=True)):
            pss = _pss(process)
            total += pss
            print(f"{_name(process):44} {pss:8.0f}", flush=True)
    print(f"{'all processes, MB':44} {total:8.0f}")
    print("aims: " + ", ".join(f"{name} < {most}" for name, most in _AIM.items()))


def _name(process: psutil.Process) -> str:
    words = [Path(word).name for word in process.cmdline()]
    words = [word for word in words[1:] if not word.startswith("-")] or words
    own = Path(f"/proc/{process.pid}/comm").read_text(encoding="ascii").strip()
    return f"{own}: {' '.join(words[:2])}"[:42]


def _pss(process: psutil.Process) -> float:
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
