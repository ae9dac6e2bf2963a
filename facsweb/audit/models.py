"""The tables of the audit: what happened, in a chain; what waits to be chained; the chain's end.

None has a foreign key: an entry outlives what it tells of. It names a thing by its kind and id and
nothing else, so that no name, code or digest of a subject stays here when the subject goes.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.db import models
from django.db.models import QuerySet

from facsweb.problems import AppendOnly

_WRITTEN_ONCE = "An entry of the audit is written once: it is never changed and never deleted."
#: Of a chain that has no entry yet.
NOTHING_BEFORE = "0" * 64


class Told(models.Model):
    """The content of an entry: who did what to what, when and from where."""

    at = models.DateTimeField()
    #: A kind of thing and what was done with it, such as `export.downloaded`.
    action = models.CharField(max_length=64)
    #: The user's id; null where nobody is known, such as at a failed sign-in.
    actor = models.PositiveBigIntegerField(null=True, blank=True)
    #: The user's name of then.
    actor_name = models.CharField(max_length=150, blank=True)
    #: The kind of thing that it was done to, and its id.
    about = models.CharField(max_length=64, blank=True)
    about_id = models.PositiveBigIntegerField(null=True, blank=True)
    #: JSON as text, since it is hashed as it is written.
    details = models.TextField(default="{}")
    #: The address of the machine that asked; empty for a command or a worker.
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        abstract = True

    @property
    def told(self) -> dict[str, Any]:
        """The details, read."""
        read: dict[str, Any] = json.loads(self.details)
        return read


class AuditQuerySet(QuerySet["AuditEntry"]):
    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly(_WRITTEN_ONCE)

    def delete(self) -> NoReturn:
        raise AppendOnly(_WRITTEN_ONCE)


class AuditEntry(Told):
    """An act, in its place in the chain. Read them by `facsweb.audit.selectors.entries`."""

    #: 1, 2, 3 and so on, without a gap.
    number = models.PositiveBigIntegerField(primary_key=True)
    #: The SHA-256 of the entry before, and that of this one, which covers the former.
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["actor_name", "number"], name="audit_by_name"),
            models.Index(fields=["action", "number"], name="audit_by_action"),
            models.Index(fields=["about", "about_id", "actor", "number"], name="audit_by_thing"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(_WRITTEN_ONCE)
        super().save(*args, **kwargs, force_insert=True)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_WRITTEN_ONCE)


class WaitingEntry(Told):
    """An act that was told of in a transaction, until that ends and the chain takes it.

    The end of the chain is locked while an entry is added to it. A transaction that held that lock
    would keep all others waiting, or wait for one that waits for it.
    """

    class Meta:
        ordering = ["pk"]
        verbose_name = "waiting audit entry"
        verbose_name_plural = "waiting audit entries"

    def __str__(self) -> str:
        return f"waiting: {self.action}"


class AuditHead(models.Model):
    """The end of the chain, in one row, which whoever adds to the chain locks."""

    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default=NOTHING_BEFORE)
    #: A keyed digest of both, which nobody can make who has the database alone.
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "end of the audit"
        verbose_name_plural = "ends of the audit"

    def __str__(self) -> str:
        return f"{self.number} entries"
