"""Log lines: for people, or as JSON for programs; with the request's and the job's id.

Nothing personal stands in JSON: no names, no query strings, and addresses are taken out. Who did
what is the audit's to tell (facsweb/audit).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pythonjsonlogger.json import JsonFormatter

FORMATS = ("line", "json")
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_job: ContextVar[str] = ContextVar("job", default="")
#: What may be an address of a machine; whose it is must not stand in logs.
_PERHAPS_AN_ADDRESS = re.compile(r"(?<![\w.:])[\da-fA-F:.]{3,45}(?<![.:])(?!\w)")
_QUERY = re.compile(r"\?[^\s\"']+")


@contextmanager
def about(*, request_id: str = "", job: str = "") -> Iterator[None]:
    """Write these ids into every log line of the block, in this thread."""
    tokens = [(name, name.set(value)) for name, value in ((_request_id, request_id), (_job, job))]
    try:
        yield
    finally:
        for name, token in tokens:
            name.reset(token)


class Ids(logging.Filter):
    """Give each record the ids of what is going on."""

    def filter(self, record: logging.LogRecord) -> bool:
        ids = {"request_id": _request_id.get(), "job": _job.get()}
        record.__dict__.update(ids, ids=" ".join(filter(None, ids.values())) or "-")
        return True


class PrivateJson(JsonFormatter):
    """One JSON object a line: time, level, logger, message, request_id, job, and what is added."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
        self.converter = time.gmtime
        self.default_time_format, self.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in log_data.items() if name not in {"ids", "request"}}
        return {name: _without(value) for name, value in kept.items() if value != ""}


def _without(value: Any) -> Any:
    if not isinstance(value, str):
        return value if isinstance(value, int | float | bool | None) else _without(str(value))
    return _QUERY.sub("?…", _PERHAPS_AN_ADDRESS.sub(_hidden, value))


def _hidden(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:
        return found[0]
    return "[address]"


def logging_settings(kind: str, level: str) -> dict[str, Any]:
    """Return Django's LOGGING for lines of a kind of FORMATS."""
    formatters: dict[str, Any] = {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(ids)s]: %(message)s"},
        "json": {"()": "facsweb.logs.PrivateJson"},
    }
    console = {"class": "logging.StreamHandler", "formatter": kind, "filters": ["ids"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": "facsweb.logs.Ids"}},
        "formatters": formatters,
        "handlers": {"console": console},
        "root": {"handlers": ["console"], "level": level},
    }


def quieten(log: Path) -> None:
    """Write lines into a file, and only warnings to the terminal too, where somebody reads on."""
    root = logging.getLogger()
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for console in list(root.handlers):
        file = logging.FileHandler(log, encoding="utf-8")
        file.setFormatter(console.formatter)
        file.filters = list(console.filters)
        root.addHandler(file)
        console.setLevel(logging.WARNING)
