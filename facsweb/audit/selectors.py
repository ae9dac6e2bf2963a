"""Reading the audit."""

from __future__ import annotations

from collections.abc import Iterable

from facsweb.audit import chain
from facsweb.audit.models import AuditEntry, AuditQuerySet


def entries() -> AuditQuerySet:
    """Return all entries, newest first; what waits is chained before, so that none is missed."""
    chain.add_waiting()
    return AuditEntry.objects.order_by("-number")


def entries_about(kind: str, ids: Iterable[int]) -> AuditQuerySet:
    """Return what was done with some things of a kind, such as "face", newest first."""
    return entries().filter(about=kind, about_id__in=list(ids))
