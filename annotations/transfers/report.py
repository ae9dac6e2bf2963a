"""The outcome of an import: counts, refused rows, and what was not read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annotations.formats.rows import RowError
from annotations.formats.writers.refused_rows import RefusedWriter
from annotations.tombstones import Gone

_FIRST_REFUSALS = 20
#: A table may have a thousand columns of its own.
_MOST_KINDS, _MORE = 100, "more of other kinds"


@dataclass
class Report:
    """Counts and refusals. `refused_rows` is the CSV to mend; None where all went well."""

    counts: dict[str, int] = field(default_factory=dict)
    #: What was there and wasn't read, in words -> how often.
    not_read: dict[str, int] = field(default_factory=dict)
    refusals: list[RowError] = field(default_factory=list)
    refused: int = 0
    refused_rows: Path | None = None
    #: What else the sender should know, in sentences.
    told: list[str] = field(default_factory=list)
    #: Those who withdrew: what is kept of refused rows doesn't name them.
    gone: Gone = field(default_factory=Gone)

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def leave(self, what: str, number: int = 1) -> None:
        """Count something that isn't read: `what` is its kind, in words for the page."""
        if what in self.not_read or len(self.not_read) < _MOST_KINDS:
            self.not_read[what] = self.not_read.get(what, 0) + number
        else:
            self.not_read[_MORE] = self.not_read.get(_MORE, 0) + number

    def refuse(self, *errors: RowError) -> None:
        """Count one row with all that is wrong with it, and keep the first errors for the page."""
        self.refused += 1
        for error in errors[: max(0, _FIRST_REFUSALS - len(self.refusals))]:
            file, message = self.gone.veil(error.file), self.gone.veil(error.message)
            self.refusals.append(replace(error, file=file, message=message))

    def keep(self, rows: RefusedWriter) -> None:
        """Keep the refused rows as they were written, if there are any."""
        if rows.written:
            self.refused_rows = rows.path

    def to_json(self) -> dict[str, Any]:
        first = [
            {"file": e.file, "line": e.line, "field": e.field, "reason": e.message}
            for e in self.refusals
        ]
        not_read = [{"what": what, "count": count} for what, count in self.not_read.items()]
        return {
            **self.counts,
            "refused": self.refused,
            "first_refusals": first,
            "not_read": not_read,
            "told": self.told,
        }
