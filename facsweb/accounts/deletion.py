"""Accounts that can't be deleted: what somebody said of a face stays, under their name."""

from __future__ import annotations

from typing import cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import PROTECT, ForeignObjectRel, Model


def what_stays(user: User) -> list[str]:
    """List, in words such as "3 reviews" or "1 queue", what keeps `user` from being deleted."""
    told = []
    for relation in get_user_model()._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.on_delete is not PROTECT:
            continue
        model = cast(type[Model], relation.related_model)
        rows = model._base_manager.filter(**{relation.field.name: user})
        if count := rows.count():
            meta = model._meta
            told.append(f"{count} {meta.verbose_name if count == 1 else meta.verbose_name_plural}")
    return sorted(told)


def why_not_deleted(user: User) -> str:
    """Say why `user` can't be deleted and what to do instead.

    The text is empty where nothing is in the way.
    """
    staying = what_stays(user)
    if not staying:
        return ""
    return (
        f"{user.get_username()} can't be deleted: what they did here stays as history "
        f"({', '.join(staying)}). Deactivate them instead: take the tick from “Active”. They can't "
        "sign in then, and what they said keeps its name."
    )
