"""Asking the audit: by whom, what, about which thing and when; page by page, by number.

A page is found by the number below which it begins, never by counting: the millionth entry is as
near as the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from facsweb.audit.models import AuditEntry, AuditQuerySet
from facsweb.audit.selectors import entries


@dataclass(frozen=True)
class Asked:
    """The filters; what is empty or None asks for all.

    `since` and `until` are days in UTC, both included.
    """

    who: str = ""
    action: str = ""
    about: str = ""
    about_id: int | None = None
    since: date | None = None
    until: date | None = None

    def entries(self) -> AuditQuerySet:
        """Return what fits, newest first."""
        return self.narrow(entries())

    def narrow(self, found: AuditQuerySet) -> AuditQuerySet:
        """Keep what fits."""
        exact: dict[str, Any] = {
            "actor_name": self.who,
            "action": self.action,
            "about": self.about,
            "about_id": self.about_id,
        }
        found = found.filter(**{name: value for name, value in exact.items() if value})
        if self.since is not None:
            found = found.filter(at__gte=_start(self.since))
        if self.until is not None:
            found = found.filter(at__lt=_start(self.until + timedelta(days=1)))
        return found


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and the numbers by which their neighbours are asked for."""

    shown: list[AuditEntry]
    #: Older ones are below this number; None where there are none.
    older: int | None
    #: Newer ones are above this number; None on the first page.
    newer: int | None


def page_of(asked: Asked, size: int, *, below: int | None = None, above: int | None = None) -> Page:
    """Return a page of what fits: the newest, or those just below or above a number."""
    found = asked.entries()
    if above is not None:
        rows = list(found.filter(number__gt=above).order_by("number")[: size + 1])
        shown = rows[:size][::-1]
        if len(rows) <= size:  # they are the newest
            return page_of(asked, size)
        return Page(shown, shown[-1].number, shown[0].number)
    rows = list((found if below is None else found.filter(number__lt=below))[: size + 1])
    shown = rows[:size]
    older = shown[-1].number if len(rows) > size else None
    return Page(shown, older, shown[0].number if shown and below is not None else None)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
