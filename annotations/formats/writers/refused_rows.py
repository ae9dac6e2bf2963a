"""Refused rows as a CSV: as they came, each with its reason, to be mended and sent again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from annotations.formats.readers.columns import REFUSAL
from facsweb.rest.cells import defuse


class RefusedWriter:
    """A CSV of refused rows being written: the table's columns, and two of ours at the end.

    The two that the table has from an earlier round are replaced.

    Parameters
    ----------
    path
        The CSV to write; an older one is overwritten.
    header
        The table's columns.
    veil
        Takes out of a text what the CSV must not keep.
    """

    def __init__(self, path: Path, header: Sequence[str], veil: Callable[[str], str] = str) -> None:
        self._veil = veil
        self._kept = [place for place, name in enumerate(header) if name.lower() not in REFUSAL]
        self.path = path
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow([*(defuse(header[place]) for place in self._kept), *REFUSAL])
        self.written = 0

    def __enter__(self) -> RefusedWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, line: int | None, reason: str, cells: Sequence[str]) -> None:
        """Add a row of any length; what the header has no column for is left out.

        Parameters
        ----------
        line
            The row's line in the table; None where it has none.
        reason
            Why it was refused, as a sentence for the sender.
        cells
            The row as it came.
        """
        shown = [cells[place] if place < len(cells) else "" for place in self._kept]
        place = "" if line is None else str(line)
        texts = [*(_text(cell) for cell in shown), place, reason]
        self._rows.writerow([defuse(self._veil(text)) for text in texts])
        self.written += 1


def _text(cell: str) -> str:
    return cell.replace("\0", "\ufffd")
