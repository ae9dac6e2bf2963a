"""Accounts as admins keep them: invitations, roles, links for new passwords, deactivation."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from facsweb.accounts.let_in import drop_second_factor
from facsweb.accounts.links import INVITED_FOR, RESET_FOR, make_link
from facsweb.accounts.models import PasswordLink
from facsweb.accounts.permissions import (
    ADMIN,
    AUDITOR,
    CODER,
    QUEUE_CODER,
    REVIEWER,
    ROLES,
    forget_roles,
    person_policy,
)
from facsweb.accounts.sessions import end_sessions
from facsweb.audit.services import record
from facsweb.problems import Conflict, Problem

#: What each role may do, for whoever gives it.
MEANINGS = {
    QUEUE_CODER: "sees and codes the faces that queues hand out",
    CODER: "sees and codes every face",
    REVIEWER: "also decides what is true",
    ADMIN: "also trains, promotes, imports and invites",
}
LONGEST_NAME = 150


class InvalidPerson(Problem):
    """Somebody can't be invited by that name, or given that role."""

    code = "invalid_person"


class Deactivated(Conflict):
    """The account is deactivated."""

    code = "deactivated"


def everybody() -> QuerySet[User]:
    """Return all accounts by name, with `is_invited`: whether a link of theirs still waits."""
    waiting = PasswordLink.objects.filter(
        user=OuterRef("pk"), used_at=None, expires_at__gt=timezone.now()
    )
    people = get_user_model().objects.prefetch_related("groups").order_by("username")
    return people.annotate(has_link=Exists(waiting))


def state_of(person: User) -> str:
    """Return "active", "deactivated", or "invited" of who hasn't chosen a password yet."""
    if not person.is_active:
        return "deactivated"
    came = person.last_login or not person.password.startswith(UNUSABLE_PASSWORD_PREFIX)
    return "active" if came else "invited"


def role_of(person: User) -> str:
    """Return somebody's role on the ladder, whether or not they are active; empty without one."""
    held = {group.name for group in person.groups.all()}
    return next((role for role in reversed(ROLES) if role in held), "")


def audits(person: User) -> bool:
    """Tell whether somebody is given the role of auditor."""
    return any(group.name == AUDITOR for group in person.groups.all())


def invite(by: User, username: str, role: str = "", auditor: bool = False) -> tuple[User, str]:
    """Make an account without a password; return it with the code of the link that sets one.

    Raises
    ------
    Forbidden
    InvalidPerson
        The name is taken or no name, or there is no such role.
    """
    person_policy.check(by, "invite")
    groups = _groups(role, auditor)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as wrong:
        raise _wrong("username", " ".join(wrong.messages)) from None
    if len(username) > LONGEST_NAME:
        raise _wrong("username", f"At most {LONGEST_NAME} characters.")
    try:
        with transaction.atomic():
            if get_user_model().objects.filter(username__iexact=username).exists():
                raise _wrong("username", f"There is somebody called {username} already.")
            person = get_user_model().objects.create_user(username)
            person.groups.set(groups)
            record("user.invited", by, person, {"role": role, "auditor": auditor})
            return person, make_link(person, by, INVITED_FOR)[1]
    except IntegrityError:
        raise _wrong("username", f"There is somebody called {username} already.") from None


def give_role(by: User, person: User, role: str, auditor: bool) -> None:
    """Give somebody this role and no greater one; empty takes every role of the ladder.

    A lesser role than before ends their sessions.

    Raises
    ------
    Forbidden, InvalidPerson
    LastAdmin
        They are the last admin.
    """
    person_policy.check(by, "change", person)
    wanted = _groups(role, auditor)
    with transaction.atomic():
        person.groups.add(*wanted)  # first: else a greater role would look like none
        others = Group.objects.filter(name__in=[*ROLES, AUDITOR])
        person.groups.remove(*others.exclude(pk__in=[group.pk for group in wanted]))
    forget_roles(person)


def new_link(by: User, person: User) -> str:
    """Return the code of a link by which somebody who lost the password chooses another.

    Their old password and sessions go on until they use it. Raises Forbidden, Deactivated.
    """
    person_policy.check(by, "change", person)
    if not person.is_active:
        raise Deactivated(f"{person.get_username()} is deactivated: reactivate them first.")
    lasts = INVITED_FOR if state_of(person) == "invited" else RESET_FOR
    return make_link(person, by, lasts)[1]


def remove_second_factor(by: User, person: User) -> None:
    """Let somebody who lost their second factor in by the password alone; sessions end.

    Raises Forbidden, NoSecondFactor.
    """
    person_policy.check(by, "change", person)
    with transaction.atomic():
        drop_second_factor(person)
        end_sessions(person)
        record("user.second_factor_removed", by, person)


def deactivate(by: User, person: User) -> None:
    """End somebody's access at once: sessions end, tokens and links are worth nothing, for good.

    Raises Forbidden, LastAdmin.
    """
    person_policy.check(by, "change", person)
    _switch(person, False)


def reactivate(by: User, person: User) -> None:
    """Let somebody sign in again, by their password. Raises Forbidden."""
    person_policy.check(by, "change", person)
    _switch(person, True)


def _switch(person: User, active: bool) -> None:
    with transaction.atomic():
        person.is_active = active
        person.save(update_fields=["is_active"])
        if not active:
            PasswordLink.objects.filter(user=person, used_at=None).delete()
    forget_roles(person)


def _groups(role: str, auditor: bool) -> list[Group]:
    if role and role not in ROLES:
        raise _wrong("role", f"There is no role “{role}”: use one of {', '.join(ROLES)}.")
    names = [role] if role else []
    return list(Group.objects.filter(name__in=[*names, AUDITOR] if auditor else names))


def _wrong(field: str, message: str) -> InvalidPerson:
    return InvalidPerson(message, {field: [message]})
