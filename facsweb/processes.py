"""Starting our own processes and ending every one of them. Loads neither Django nor the product."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

_ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


class ProcessError(Exception):
    """A process of ours can't start, or has ended by itself; the text says which."""


def die_with_parent() -> None:
    """Have this process terminated when its parent dies, even by kill -9 (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def name_process(name: str) -> None:
    """Have `ps` and `top` show this process by a name of up to 15 characters (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15])


def start(arguments: Sequence[str], log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us."""
    output = None
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("ab")
    try:
        return subprocess.Popen(
            arguments,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    finally:
        if output is not None:
            output.close()


def stop(children: Sequence[subprocess.Popen[bytes]], seconds: float = 10) -> None:
    """End children: ask them first, then kill them together with their own children."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_for_any(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait until one of the children ends, which none should, and raise ProcessError for it."""
    while True:
        for child in children:
            if child.poll() is not None:
                name = " ".join(map(str, cast("Sequence[str]", child.args)[:4]))
                raise ProcessError(f"{name} ended by itself with exit code {child.returncode}.")
        time.sleep(0.3)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end us as Ctrl-C does, so that every process ends with us."""

    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    former = {name: signal.signal(name, interrupt) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


def check_port_is_free(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ProcessError(f"The address {address!r} must be host:port, such as 127.0.0.1:8000.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise ProcessError(
                f"Cannot listen on {address} ({error.strerror}). Choose another port: PORT=8001."
            ) from None


def workers_command(queues: Sequence[str]) -> list[str]:
    """Return the command that runs a worker for each of `queues` (facsweb/work.py)."""
    return [sys.executable, "-m", "facsweb.work", *queues]


def web_command(address: str, processes: int = 2) -> list[str]:
    """Return the command that runs the web server (docs/decisions/0008-server.md)."""
    host, _, port = address.rpartition(":")
    return [
        sys.executable, "-m", "granian", "facsweb.asgi:application", "--host", host, "--port", port,
        "--interface", "asginl", "--http", "1", "--no-ws", "--workers", str(processes),
        "--backlog", "1024", "--backpressure", "1000", "--http1-header-read-timeout", "30000",
        "--loop", "asyncio", "--respawn-failed-workers", "--workers-kill-timeout", "30",
    ]  # fmt: skip
