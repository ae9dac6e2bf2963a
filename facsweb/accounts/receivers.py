"""Changes of an account, by whichever door they came: ways in that end, and what is refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.http import HttpRequest

from facsweb.accounts.last_admin import keep_an_admin
from facsweb.accounts.permissions import ADMIN, AUDITOR, ROLES, forget_roles, standing_of
from facsweb.accounts.sessions import end_sessions, note_sign_in
from facsweb.accounts.tokens import revoke_all
from facsweb.problems import Conflict

#: Fields whose loss is a loss of rights.
_RIGHTS = ("is_active", "is_staff", "is_superuser")
#: Name of the attribute that remembers on an instance, from before to after, what is lost.
_LOSES = "_facsweb_loses"


class RoleIsFixed(Conflict):
    """The roles' groups keep their names."""

    code = "role_is_fixed"


def connect() -> None:
    """Connect the receivers. Called once, when the app is ready."""
    user_logged_in.connect(_note)
    pre_save.connect(_before_save, sender=User)
    post_save.connect(_after_save, sender=User)
    pre_delete.connect(_before_delete, sender=User)
    m2m_changed.connect(_groups_changed, sender=User.groups.through)
    pre_save.connect(_keep_role, sender=Group)
    pre_delete.connect(_keep_role, sender=Group)


def _note(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    note_sign_in(request, user)


def _before_save(sender: Any, instance: User, update_fields: Any, **_: Any) -> None:
    asked = [name for name in _RIGHTS if update_fields is None or name in update_fields]
    lost: list[str] = []
    if instance.pk is not None and any(not getattr(instance, name) for name in asked):
        before = User.objects.filter(pk=instance.pk).values(*asked).first() or {}
        lost = [name for name in asked if before.get(name) and not getattr(instance, name)]
    if "is_active" in lost or ("is_superuser" in lost and ADMIN not in _groups_of(instance)):
        keep_an_admin(instance.pk)
    setattr(instance, _LOSES, lost)


def _after_save(sender: Any, instance: User, **_: Any) -> None:
    lost = instance.__dict__.pop(_LOSES, [])
    if lost:
        end_sessions(instance)
        forget_roles(instance)
    if "is_active" in lost:
        revoke_all(instance)


def _before_delete(sender: Any, instance: User, **_: Any) -> None:
    keep_an_admin(instance.pk)
    end_sessions(instance)


def _groups_changed(
    sender: Any, instance: User | Group, action: str, pk_set: Collection[int] | None, **_: Any
) -> None:
    """End the sessions of whoever has a lesser role once groups were taken."""
    if action in {"pre_remove", "pre_clear"}:
        people = _who_leaves(instance, pk_set)
        if _leaves_admins(instance, pk_set):
            keep_an_admin(*(person.pk for person in people if not person.is_superuser))
        instance.__dict__[_LOSES] = [(person, standing_of(person.pk)) for person in people]
    elif action in {"post_remove", "post_clear"}:
        for person, before in instance.__dict__.pop(_LOSES, []):
            if before - standing_of(person.pk):
                end_sessions(person)
            forget_roles(person)


def _who_leaves(instance: User | Group, pk_set: Collection[int] | None) -> list[User]:
    if isinstance(instance, User):
        return [instance]
    members = User.objects.filter(groups=instance)
    return list(members if pk_set is None else members.filter(pk__in=pk_set))


def _leaves_admins(instance: User | Group, pk_set: Collection[int] | None) -> bool:
    """Tell whether the group of admins is among those that somebody is taken from."""
    if isinstance(instance, Group):
        return instance.name == ADMIN
    held = instance.groups.filter(name=ADMIN)
    return (held if pk_set is None else held.filter(pk__in=pk_set)).exists()


def _groups_of(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def _keep_role(sender: Any, instance: Group, signal: Any, **_: Any) -> None:
    """Refuse to rename or delete a role's group."""
    name = Group.objects.filter(pk=instance.pk).values_list("name", flat=True).first()
    if name in {*ROLES, AUDITOR} and (signal is pre_delete or instance.name != name):
        raise RoleIsFixed(f"“{name}” is a role: its group can't be renamed or deleted.")
