"""What an import came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotations.importers.refused import RefusedWriter
from annotations.importers.rows import RowError

_FIRST_REFUSALS = 20


@dataclass
class Report:
    """Counts and refusals. `refused_rows` is the CSV to mend; None where all went well."""

    counts: dict[str, int] = field(default_factory=dict)
    refusals: list[RowError] = field(default_factory=list)
    refused: int = 0
    refused_rows: Path | None = None

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def refuse(self, *errors: RowError) -> None:
        """Count one row, with all that is wrong with it, and keep the first few for the page."""
        self.refused += 1
        self.refusals += errors[: max(0, _FIRST_REFUSALS - len(self.refusals))]

    def keep(self, rows: RefusedWriter) -> None:
        """The refused rows as they were written, if any was."""
        if rows.written:
            self.refused_rows = rows.path

    def to_json(self) -> dict[str, Any]:
        first = [
            {"file": e.file, "line": e.line, "field": e.field, "reason": e.message}
            for e in self.refusals
        ]
        return {**self.counts, "refused": self.refused, "first_refusals": first}
