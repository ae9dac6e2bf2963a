"""The list: the newest jobs of every kind together, by one query for each kind."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from facsweb.joblist.kinds import BY_NAME, KINDS, Kind
from facsweb.jobs.models import Run, RunQuerySet
from facsweb.problems import Missing, Problem
from facsweb.rest.ids import read_id

#: What every row of the list shows; the log, long as it may be, is read for one job alone.
_COLUMNS = (
    "status", "requested_by__username", "cancel_requested", "attempts", "stage", "done", "total",
    "eta_seconds", "error", "created_at", "started_at", "heartbeat_at", "finished_at",
)  # fmt: skip


class InvalidCursor(Problem):
    code = "invalid_cursor"


@dataclass(frozen=True)
class Job:
    """One run, of whatever kind."""

    kind: Kind
    run: Any

    @property
    def key(self) -> str:
        """Its name in the API."""
        return f"{self.kind.name}-{self.run.pk}"

    @property
    def about(self) -> str:
        return self.kind.about(self.run)

    @property
    def page(self) -> str:
        return self.kind.page(self.run)

    @property
    def place(self) -> Place:
        return Place(self.run.created_at, KINDS.index(self.kind), self.run.pk)


@dataclass(frozen=True, order=True)
class Place:
    """A job's place in the list, which a new job never shifts. The newest come first."""

    created_at: datetime
    kind: int
    pk: int

    def to_text(self) -> str:
        text = f"{self.created_at.isoformat()} {self.kind} {self.pk}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @staticmethod
    def from_text(text: str) -> Place:
        """Read a place from an address. Raises InvalidCursor."""
        try:
            padded = text + "=" * (-len(text) % 4)
            at, kind, pk = base64.urlsafe_b64decode(padded.encode("ascii")).decode().split(" ")
            when, number, row = parse_datetime(at), int(kind), read_id(pk)
        except (ValueError, UnicodeError, ValidationError):
            when = row = None
            number = 0
        if when is None or row is None or when.tzinfo is None:
            message = "This is no page of the list. Begin at its first page."
            raise InvalidCursor(message, {"cursor": [message]})
        return Place(when, number, row)


@dataclass(frozen=True)
class Filters:
    """Filters of the list; what is empty filters nothing.

    Attributes
    ----------
    kind
        One of KINDS, by name.
    status
        One of Run.Status, or "active" for what waits or goes on.
    mine
        Only what the user asked for.
    """

    kind: str = ""
    status: str = ""
    mine: bool = False


def list_jobs(
    user: User, filters: Filters, *, most: int, after: Place | None = None
) -> tuple[list[Job], Place | None]:
    """Return the newest jobs that somebody may know of, and where the next page begins.

    Parameters
    ----------
    most
        How many at most.
    after
        The last job of the page before.
    """
    kinds = [kind for kind in KINDS if filters.kind in {"", kind.name}]
    newest = [_newest(kind, user, filters, after, most + 1) for kind in kinds]
    found = list(heapq.merge(*newest, key=lambda job: job.place, reverse=True))[: most + 1]
    more = found[most - 1].place if len(found) > most else None
    return found[:most], more


def one_job(user: User, kind: str, pk: int) -> Job:
    """Return one job that somebody may know of. Raises Missing."""
    known = BY_NAME.get(kind)
    run = _lean(known, user, "log").filter(pk=pk).first() if known else None
    if known is None or run is None:
        raise Missing("There is no such job.")
    return Job(known, run)


def _newest(
    kind: Kind, user: User, filters: Filters, after: Place | None, most: int
) -> Iterator[Job]:
    runs = _lean(kind, user)
    if filters.status == "active":
        runs = runs.active()
    elif filters.status:
        runs = runs.filter(status=filters.status)
    if filters.mine:
        runs = runs.filter(requested_by=user)
    if after is not None:
        runs = runs.filter(_behind(after, KINDS.index(kind)))
    return (Job(kind, run) for run in runs.order_by("-created_at", "-pk")[:most])


def _behind(place: Place, kind: int) -> Q:
    """Return the condition on a kind's runs that come after a place, in the list's order."""
    older = Q(created_at__lt=place.created_at)
    if kind < place.kind:
        return older | Q(created_at=place.created_at)
    if kind == place.kind:
        return older | Q(created_at=place.created_at, pk__lt=place.pk)
    return older


def _lean(kind: Kind, user: User, *more: str) -> RunQuerySet[Run]:
    runs = kind.visible(user).select_related(None).select_related("requested_by", *kind.joined)
    lean: RunQuerySet[Run] = runs.defer(None).only(*_COLUMNS, *kind.columns, *more)
    return lean
