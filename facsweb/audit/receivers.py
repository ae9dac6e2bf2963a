"""Recording what happens to accounts: sign-ins, roles, powers, passwords.

By Django's signals, so that it is seen on our pages, in the admin's site and by commands alike.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_save
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from facsweb.audit.services import record
from facsweb.audit.watching import watch, watch_deletion

_POWERS = ("is_active", "is_staff", "is_superuser")
_GROUP_ACTS = {"post_add": "role.given", "post_remove": "role.taken", "pre_clear": "role.taken"}
_NOBODY = AnonymousUser()


def connect() -> None:
    """Connect the receivers. Called once, when every app is ready."""
    user_logged_in.connect(signed_in)
    user_logged_out.connect(signed_out)
    user_login_failed.connect(failed)
    m2m_changed.connect(roles_changed, sender=User.groups.through)
    post_save.connect(account_saved, sender=User)
    watch(User, _POWERS, "user.changed", values=True)
    watch_deletion(User)


def signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    record("user.signed_in", user, user, request=request)


def signed_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user is not None:
        record("user.signed_out", user, user, request=request)


def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failed sign-in: of which account, or a keyed digest of a name that none has.

    People type passwords where the name belongs, so an unknown name isn't kept as it is.
    """
    model = get_user_model()
    name = str(credentials.get(model.USERNAME_FIELD) or "")
    known = model.objects.filter(**{model.USERNAME_FIELD: name}).first() if _fits(name) else None
    details = {} if known else {"name_digest": _digest(name)}
    record("user.sign_in_failed", _NOBODY, known, details, request)


def roles_changed(
    action: str, instance: User | Group, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """Record each role that a user is given or loses."""
    act = _GROUP_ACTS.get(action)
    if act is None:
        return
    if reverse:  # a group's users were changed
        users = instance.user_set if isinstance(instance, Group) else User.objects
        people = users.all() if pk_set is None else User.objects.filter(pk__in=pk_set)
        pairs = [(user, str(instance)) for user in people]
    else:
        held = instance.groups if isinstance(instance, User) else Group.objects
        groups = held.all() if pk_set is None else Group.objects.filter(pk__in=pk_set)
        pairs = [(instance, group.name) for group in groups]  # type: ignore[misc]  # a User here
    for user, role in sorted(pairs, key=lambda pair: (pair[0].pk, pair[1])):
        record(act, about=user, details={"role": role})


def account_saved(instance: User, created: bool, raw: bool, **_: Any) -> None:
    """Record a new account with its powers, and a new password; never what it is."""
    if raw:
        return
    if created:
        powers = {name: getattr(instance, name) for name in _POWERS}
        record("user.added", about=instance, details=powers)
    elif getattr(instance, "_password", None) is not None:  # not only hashed anew
        record("user.password_changed", about=instance)


def _fits(name: str) -> bool:
    """Tell whether a name can be asked for: PostgreSQL takes no NUL."""
    return 0 < len(name) <= 150 and "\x00" not in name


def _digest(name: str) -> str:
    text = name.encode("utf-8", "replace")
    return salted_hmac("facsweb.audit.name", text, algorithm="sha256").hexdigest()[:16]
