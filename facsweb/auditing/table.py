"""The audit as a CSV, to be checked and read elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC

from facsweb.audit.models import AuditQuerySet
from facsweb.rest.cells import defuse

COLUMNS = (
    "number", "at", "who", "action", "about", "about_id", "from", "details", "previous", "digest",
)  # fmt: skip
_AT_ONCE = 2000


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines_of(found: AuditQuerySet) -> Iterator[str]:
    """Yield the lines of a CSV; no cell is a formula to a spreadsheet."""
    write = csv.writer(_Echo()).writerow
    yield write(COLUMNS)
    for entry in found.iterator(_AT_ONCE):
        at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
        told = [entry.actor_name, entry.action, entry.about]
        rest = [entry.address, entry.details, entry.previous, entry.digest]
        thing = "" if entry.about_id is None else entry.about_id
        cells = [*map(defuse, told), thing, *map(defuse, rest)]
        yield write([entry.number, at, *cells])
