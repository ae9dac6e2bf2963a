"""Checking the chain: is every entry as it was written, in its place, and is none missing?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from facsweb.audit import anchor, triggers
from facsweb.audit.chain import add_waiting, digest_of, is_sealed
from facsweb.audit.models import NOTHING_BEFORE, AuditEntry, AuditHead

_AT_ONCE = 2000


@dataclass(frozen=True)
class Verdict:
    """The number of entries read, the digest of the last, and what is wrong, the first thing first.

    The chain is checked up to its first broken entry: after that nothing can be told from it.
    """

    entries: int
    digest: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


def verify(expected: tuple[int, str] | None = None) -> Verdict:
    """Check the whole chain, its seal, this machine's anchor and the database's triggers.

    Parameters
    ----------
    expected
        The number and digest of an entry as an earlier check told them, kept elsewhere.
    """
    add_waiting()
    try:
        kept = anchor.kept()
        about_anchor: list[str] = []
    except anchor.UnreadableAnchor as error:
        kept, about_anchor = None, [str(error)]
    marks = {each[0]: each[1] for each in (expected, kept and kept[:2]) if each}
    walk = _Walk(marks)
    problems = list(walk.problems())
    if not problems:
        problems = [*_at_the_end(walk), *about_anchor]
        if kept is not None and not is_sealed(*kept):
            problems.append(f"The anchor in {anchor.path()} wasn't sealed by this SECRET_KEY.")
    if not triggers.are_there(connection):
        problems.append(
            "The database would let entries be changed: its triggers are gone. "
            "`manage.py migrate` puts them back."
        )
    return Verdict(walk.number, walk.digest, tuple(problems))


class _Walk:
    """A walk along the chain, from its first entry to its last or to one that is broken."""

    def __init__(self, marks: dict[int, str]) -> None:
        """Begin before the first entry.

        Parameters
        ----------
        marks
            Digests that are known from elsewhere, by the entry's number.
        """
        self.number, self.digest = 0, NOTHING_BEFORE
        self._marks = marks

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the first broken entry, if one is."""
        for entry in AuditEntry.objects.order_by("number").iterator(_AT_ONCE):
            wrong = self._wrong(entry)
            if wrong:
                yield wrong
                return
            self.number, self.digest = entry.number, entry.digest
        missing = [number for number in self._marks if number > self.number]
        if missing:
            yield (
                f"Entries {self.number + 1} to {max(missing)} are missing: there were at least "
                f"{max(missing)}."
            )

    def _wrong(self, entry: AuditEntry) -> str:
        due = self.number + 1
        if entry.number != due:
            return (
                f"Entry {due} is missing, and so is all up to {entry.number - 1}."
                if entry.number > due + 1
                else f"Entry {due} is missing."
            )
        if digest_of(entry, entry.number, entry.previous) != entry.digest:
            return f"Entry {due} ({entry.action}) isn't as it was written: its digest is another."
        if entry.previous != self.digest:
            return f"Entry {due} ({entry.action}) doesn't follow the entry before it."
        if self._marks.get(due, entry.digest) != entry.digest:
            return f"Entry {due} isn't the one that was known: from it on, or before, all is new."
        return ""


def _at_the_end(walk: _Walk) -> Iterator[str]:
    """Yield what is wrong where the chain ends."""
    head = AuditHead.objects.first()
    if head is None:
        if walk.number:
            yield "The end of the chain isn't known: its row in the database is gone."
        return
    if head.number > walk.number:
        yield f"Entries {walk.number + 1} to {head.number} are missing: the newest were removed."
    elif head.number < walk.number:
        yield f"Entry {head.number + 1} and all after it weren't written by facsweb."
    elif head.digest != walk.digest:
        yield f"Entry {walk.number}, the last, isn't the one that was written last."
    if head.number and not is_sealed(head.number, head.digest, head.seal):
        yield (
            "The end of the chain wasn't sealed by this SECRET_KEY: it was computed anew, or the "
            "key was changed without SECRET_KEY_FALLBACKS."
        )
