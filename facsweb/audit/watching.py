"""Watching tables: changes of some fields and deletions are recorded, whoever makes them.

So they are found also where the admin's site or a command makes them. What a QuerySet's `update`
changes isn't seen here: its caller records it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_save

from facsweb.audit.services import kind_of, record

_BEFORE = "_facsweb_audit_before"


def watch(
    model: type[Model], fields: Collection[str], action: str, *, values: bool = False
) -> None:
    """Record `action` whenever one of these fields of a row changes.

    Parameters
    ----------
    values
        True to tell the new values, too; False to name the changed fields only.
    """

    def remember(instance: Model, raw: bool, update_fields: Any, **_: Any) -> None:
        looked_at = set(fields) if update_fields is None else set(fields) & set(update_fields)
        known = None
        if looked_at and not raw and not instance._state.adding:
            rows = model._base_manager.filter(pk=instance.pk)
            known = rows.values(*sorted(looked_at)).first()
        setattr(instance, _BEFORE, known)

    def compare(instance: Model, **_: Any) -> None:
        before = instance.__dict__.pop(_BEFORE, None) or {}
        changed = sorted(name for name in before if before[name] != getattr(instance, name))
        if changed:
            told: dict[str, Any] = {"fields": changed}
            if values:
                told["to"] = {name: getattr(instance, name) for name in changed}
            record(action, about=instance, details=told)

    mark = f"audit {action} {model._meta.label}"
    pre_save.connect(remember, sender=model, weak=False, dispatch_uid=f"{mark} before")
    post_save.connect(compare, sender=model, weak=False, dispatch_uid=mark)


def watch_deletion(*models: type[Model]) -> None:
    """Record each deletion of a row of these tables, such as `export.deleted`."""
    for model in models:
        post_delete.connect(_record_deletion, sender=model, dispatch_uid="audit deletion")


def _record_deletion(sender: type[Model], instance: Model, **_: Any) -> None:
    record(f"{kind_of(sender)}.deleted", about=instance)
