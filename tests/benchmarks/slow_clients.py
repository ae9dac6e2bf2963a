"""Whether pages answer while clients hang: `python -m tests.benchmarks.slow_clients [--only NAME]`.

Each server gets the same product, two processes with four threads each. Then 200 sockets send half
of their headers, or all headers and half of a body, and no more; the sign-in page is asked twenty
times meanwhile, and again by eight clients at once when nothing hangs. Servers that facsweb doesn't
use (docs/decisions/0008-server.md) must be installed by hand: `pip install waitress uvicorn ...`.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from facsweb.processes import web_command
from tests.stack import ROOT, bare_stack, free_address

_PAGE = "/login/"
_HANGING, _ASKED, _SECONDS = 200, 20, 4


def commands(address: str) -> dict[str, list[str]]:
    python, (host, _, port) = sys.executable, address.partition(":")
    granian = [python, "-m", "granian", "--host", host, "--port", port, "--workers", "2", "--no-ws"]
    return {
        "gunicorn gthread (until 2026-11)": [
            python, "-m", "gunicorn", "facsweb.wsgi", "--bind", address, "--workers", "2",
            "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30",
        ],
        "gunicorn gevent": [
            python, "-m", "gunicorn", "facsweb.wsgi", "--bind", address, "--workers", "2",
            "--worker-class", "gevent", "--keep-alive", "30",
        ],
        "waitress (one process)": [
            python, "-m", "waitress", f"--listen={address}", "--threads=8",
            "--connection-limit=2000", "--asyncore-use-poll", "facsweb.wsgi:application",
        ],
        "granian, WSGI": [
            *granian, "--interface", "wsgi", "--blocking-threads", "4", "facsweb.wsgi:application",
        ],
        "uvicorn and our bridge": [
            python, "-m", "uvicorn", "--host", host, "--port", port, "--workers", "2",
            "--lifespan", "off", "--no-access-log", "facsweb.asgi:application",
        ],
        "granian and our bridge (ours)": web_command(address),
    }  # fmt: skip


def half_of_the_headers() -> bytes:
    return f"GET {_PAGE} HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".encode()


def half_of_a_body() -> bytes:
    # With this cookie the body is read for its token; without, the request is refused unread.
    head = f"POST {_PAGE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    head += f"Cookie: csrftoken={'x' * 32}\r\n"
    return f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=".encode()


@contextlib.contextmanager
def hanging(address: str, sent: bytes, count: int = _HANGING) -> Iterator[list[socket.socket]]:
    """So many sockets that have sent this and stay silent."""
    host, port = address.split(":")
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            each = stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
            each.sendall(sent)
            sockets.append(each)
        yield sockets


def seconds_of(address: str, seconds: float = 20) -> float | None:
    """How long the page takes on a connection of its own; None if it doesn't come in time."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        connection.request("GET", _PAGE)
        assert connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return time.perf_counter() - started


def _while_hanging(address: str, sent: bytes) -> str:
    with hanging(address, sent):
        time.sleep(1)
        first = seconds_of(address)
        if first is None:
            return "no answer in 20 s"
        times = [first, *(seconds_of(address) or 20 for _ in range(_ASKED - 1))]
    return f"{statistics.median(times) * 1000:5.0f} ms, slowest {max(times) * 1000:5.0f} ms"


def _requests_a_second(address: str, clients: int = 8) -> float:
    until, counts = time.monotonic() + _SECONDS, []

    def ask() -> None:
        connection, count = http.client.HTTPConnection(address, timeout=30), 0
        while time.monotonic() < until:
            connection.request("GET", _PAGE)
            connection.getresponse().read()
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / _SECONDS


def _memory(pid: int) -> float:
    parent = psutil.Process(pid)
    return sum(each.memory_full_info().uss for each in [parent, *parent.children(True)]) / 2**20


def _measure(command: list[str], address: str, environment: dict[str, str]) -> None:
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while seconds_of(address, 5) is None:
            assert server.poll() is None and time.monotonic() < until, "it did not start"
            time.sleep(0.2)
        print(f"  at rest            {_requests_a_second(address):5.0f} pages/s, ", end="")
        print(f"{_memory(server.pid):.0f} MiB")
        print(f"  200 half headers   {_while_hanging(address, half_of_the_headers())}")
        print(f"  200 half bodies    {_while_hanging(address, half_of_a_body())}", flush=True)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            print("  did not stop within 20 s of SIGTERM")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="servers whose name holds this")
    only = parser.parse_args().only
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with tempfile.TemporaryDirectory() as folder, bare_stack(Path(folder), queues=[]) as stack:
        environment = stack.environment | {"REDIS_URL": _broker(stack.environment)}
        for name in commands(""):
            if only in name:
                address = free_address()
                print(name, flush=True)
                try:
                    _measure(commands(address)[name], address, environment)
                except AssertionError as error:
                    print(f"  {error}")


def _broker(environment: dict[str, str]) -> str:
    from facsweb.broker import socket_path

    return f"unix://{socket_path(Path(environment['VAR_DIR']))}"


if __name__ == "__main__":
    os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-" + "x" * 40)
    main()
