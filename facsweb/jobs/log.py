"""The log of a job: its stages and what else was notable, dated and bounded."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

#: Entries that are kept; of a longer log the oldest go, but the first.
MOST_ENTRIES = 200
_LONGEST = 300

Entry = dict[str, str]


class JobLog:
    """A log that begins with what an earlier worker wrote."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries: list[Entry] = list(entries)

    def write(self, text: str) -> None:
        """Add an entry with the time of now."""
        at = timezone.now().isoformat(timespec="seconds")
        self.entries.append({"at": at, "text": text[:_LONGEST]})
        if len(self.entries) > MOST_ENTRIES:
            del self.entries[1]
