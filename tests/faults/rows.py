"""What the database holds, asked past the product: by SQL, on SQLite or PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

RUNS = {
    "import": "transfers_import",
    "export": "transfers_export",
    # Before predictions: it asks for one as it ends.
    "training": "training_trainingrun",
    "prediction": "inference_inferencerun",
    "withdrawal": "withdrawal_withdrawal",
}
#: Tables that a late worker could write to.
TABLES = (
    *RUNS.values(), "annotations_face", "annotations_subject", "annotations_coding",
    "annotations_actionunitscore", "annotations_coder", "inference_modelversion",
    "webhooks_delivery",
)  # fmt: skip
_AWAY = (psycopg.OperationalError, psycopg.errors.AdminShutdown, sqlite3.OperationalError)


class Rows:
    """Questions to one database, each on a connection of its own: servers come and go."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._ask(question, values)
            except _AWAY:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _ask(self, question: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._is_sqlite:
            path = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as opened:
                return opened.execute(question.replace("%s", "?"), values).fetchall()
        with psycopg.connect(self._url) as opened:
            return opened.execute(question, values).fetchall()

    def mentions(self, needles: Sequence[bytes]) -> list[str]:
        """Name the columns, and the database's own files, in which one of these stands."""
        found = set()
        for table in self._tables():
            for row in self.ask(f'SELECT * FROM "{table}"'):
                told = b" ".join(_bytes(value) for value in row)
                found |= {table for needle in needles if needle in told}
        for path in self._files():
            data = path.read_bytes() if path.exists() else b""
            found |= {path.name for needle in needles if needle in data}
        return sorted(found)

    def _tables(self) -> list[str]:
        if self._is_sqlite:
            names = self.ask("SELECT name FROM sqlite_master WHERE type = 'table'")
        else:
            names = self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in names]

    def _files(self) -> list[Path]:
        if self._is_sqlite:
            return [Path(self._url.removeprefix("sqlite:///") + end) for end in ("", "-wal")]
        with psycopg.connect(self._url, autocommit=True) as opened:
            opened.execute("CHECKPOINT")
        ((folder, oid),) = self.ask(
            "SELECT current_setting('data_directory'), oid FROM pg_database "
            "WHERE datname = current_database()"
        )
        return list((Path(folder) / "base" / str(oid)).iterdir())

    @property
    def _is_sqlite(self) -> bool:
        return self._url.startswith("sqlite:///")

    def run(self, kind: str, pk: int) -> dict[str, Any] | None:
        names = ("status", "attempts", "deaths", "error", "log")
        found = self.ask(f"SELECT {', '.join(names)} FROM {RUNS[kind]} WHERE id = %s", [pk])
        if not found:
            return None
        told = dict(zip(names, found[0], strict=True))
        told["log"] = json.loads(told["log"]) if isinstance(told["log"], str) else told["log"]
        return told

    def active(self) -> list[str]:
        """Name the runs that wait or go on."""
        return [
            f"{kind} {pk} {status}"
            for kind, table in RUNS.items()
            for pk, status in self.ask(
                f"SELECT id, status FROM {table} WHERE status IN ('queued', 'running')"
            )
        ]

    def counted(self) -> tuple[tuple[str, int, int | None], ...]:
        """Return each table's number of rows, and its highest id."""
        return tuple(
            (table, *self.ask(f"SELECT count(*), max(id) FROM {table}")[0]) for table in TABLES
        )


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
