"""Running a benchmark of the database at several sizes, each in an empty one of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import asked
from tests.postgres import server
from tests.stack import ROOT


@contextmanager
def database(folder: str, *, postgresql: bool) -> Iterator[str]:
    """The address of an empty database."""
    if not postgresql:
        yield f"sqlite:///{Path(folder) / 'facsweb.sqlite3'}"
        return
    with server() as url:
        yield url


def at_sizes(
    module: str, about: str | None, measure: Callable[[int, str], None], sizes: list[int]
) -> int:
    """Call `measure` with each number of faces, and what alone is asked for, as the arguments say.

    Each size is a process, as settings name one database.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--faces", type=int, nargs="+", default=sizes)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--requests", type=int, default=10, help="of each address, where asked")
    parser.add_argument("--here", action="store_true", help="in the empty database of the settings")
    given = parser.parse_args()
    asked.requests = given.requests
    if given.here:
        measure(given.faces[0], given.only)
        return 0
    for faces in given.faces:
        with (
            tempfile.TemporaryDirectory(prefix="facsweb-sizes") as folder,
            database(folder, postgresql=given.postgresql) as url,
        ):
            command = [sys.executable, "-m", module, "--here", f"--only={given.only}"]
            command.append(f"--requests={given.requests}")
            own = {"VAR_DIR": folder, "LOG_LEVEL": "ERROR", "DATABASE_URL": url}
            subprocess.run(
                [*command, "--faces", str(faces)], cwd=ROOT, env=os.environ | own, check=True
            )
    return 0
