"""Retention: what is deleted when it has reached an age, rule by rule.

A rule is off where its setting is 0. Other rooms register rules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from annotations.transfers.models import Export, Import
from facsweb.audit.services import record
from facsweb.jobs.models import Run

_ENDED = [Run.Status.SUCCEEDED, Run.Status.FAILED, Run.Status.CANCELLED]
_EXPIRED = "Its file was deleted by its age. Ask for a new export."


@dataclass(frozen=True)
class Due:
    """One thing that has reached its age.

    Attributes
    ----------
    count, size
        Things at once, and their bytes; 0 where nobody counts them.
    delete
        Deletes it; doing so again changes nothing.
    """

    name: str
    delete: Callable[[], object]
    size: int = 0
    count: int = 1


@dataclass(frozen=True)
class Rule:
    """A rule of retention.

    Attributes
    ----------
    name
        What it deletes, in words.
    setting
        The name of the setting with its days.
    due
        Finds what is older than a time.
    """

    name: str
    setting: str
    due: Callable[[datetime], list[Due]]

    @property
    def days(self) -> int:
        """The age in days; 0: nothing is deleted."""
        return int(getattr(settings, self.setting))


@dataclass(frozen=True)
class Outcome:
    """The outcome of one rule: what it deleted, or would."""

    rule: Rule
    found: tuple[Due, ...] = ()

    @property
    def count(self) -> int:
        """The number of things."""
        return sum(each.count for each in self.found)

    @property
    def size(self) -> int:
        """Their bytes."""
        return sum(each.size for each in self.found)


_RULES: dict[str, Rule] = {}


def register_rule(rule: Rule) -> None:
    """Register a rule; registering it again changes nothing."""
    _RULES[rule.setting] = rule


def apply_rules(*, dry_run: bool = False) -> list[Outcome]:
    """Delete what every rule finds due, and record how much.

    Parameters
    ----------
    dry_run
        Whether to delete nothing, and only tell.
    """
    outcomes = []
    for rule in _RULES.values():
        before = timezone.now() - timedelta(days=rule.days)
        outcome = Outcome(rule, tuple(rule.due(before)) if rule.days > 0 else ())
        if outcome.found and not dry_run:
            for each in outcome.found:
                each.delete()
            told = {"rule": rule.setting, "count": outcome.count, "days": rule.days}
            record("retention.deleted", about="retention", details=told)
        outcomes.append(outcome)
    return outcomes


def _imports(before: datetime) -> list[Due]:
    """Find archives that failed imports left, and tables of refused rows."""
    runs = Import.objects.filter(status__in=_ENDED, finished_at__lt=before)
    left = runs.filter(~Q(file="") | ~Q(refused=""))
    return [
        Due(f"{run}, {field}", partial(_drop, run, field), _size(stored))
        for run in left
        for field in ("file", "refused")
        if (stored := getattr(run, field))
    ]


def _exports(before: datetime) -> list[Due]:
    runs = Export.objects.filter(status__in=_ENDED, finished_at__lt=before).exclude(file="")
    return [Due(str(run), partial(_drop, run, "file", _EXPIRED), run.size or 0) for run in runs]


def _sessions(before: datetime) -> list[Due]:
    over = Session.objects.filter(expire_date__lt=before)
    count = over.count()
    return [Due("sessions", over.delete, count=count)] if count else []


def _drop(run: Import | Export, field: str, why: str = "") -> None:
    stored: FieldFile = getattr(run, field)
    name = stored.name or ""
    stored.storage.delete(name)
    values = {field: ""} | ({"error": why} if why else {})
    type(run).objects.filter(pk=run.pk, **{field: name}).update(**values)


def _size(stored: FieldFile) -> int:
    try:
        return stored.size
    except FileNotFoundError:
        return 0


for _rule in (
    Rule("archives and refused rows of imports", "RETENTION_IMPORT_DAYS", _imports),
    Rule("files of exports", "RETENTION_EXPORT_DAYS", _exports),
    Rule("sessions that are over", "RETENTION_SESSION_DAYS", _sessions),
):
    register_rule(_rule)
