"""The context that every reader of an import works with, whatever the kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from annotations.transfers.options import ImportOptions
from annotations.transfers.report import Report
from facsweb.jobs.progress import Progress


@dataclass(frozen=True)
class ImportContext:
    """One import under way: its sender's choices, its report and its progress."""

    #: The sender's name for the coder; blank where they gave none.
    coder_name: str
    options: ImportOptions
    report: Report
    progress: Progress
    #: The worker's own folder, which goes when the import has ended.
    folder: Path

    @property
    def refused_rows(self) -> Path:
        """The CSV that refused rows are written to, for the sender to mend."""
        return self.folder / "refused.csv"
