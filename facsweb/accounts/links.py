"""Links by which people choose a password once: no mail is needed, and nobody learns a password.

The code stands behind `#` in the link, which browsers send to no server: it is in no log and no
Referer. Of 98 random bits nothing can be guessed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from facsweb.accounts.last_admin import admins
from facsweb.accounts.models import PasswordLink
from facsweb.accounts.permissions import ADMIN
from facsweb.accounts.tries import forget_tries
from facsweb.audit.services import record
from facsweb.problems import Conflict, Problem

INVITED_FOR = timedelta(days=7)
RESET_FOR = FIRST_FOR = timedelta(days=1)
#: Letters and digits that can't be taken for one another.
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS, _GROUP = 4, 5


class WrongCode(Problem):
    """Nobody can choose a password with this code."""

    code = "wrong_code"


class HasAdmin(Conflict):
    """There is an admin already, who invites others."""

    code = "has_admin"


def make_link(person: User | None, by: User | None, lasts: timedelta) -> tuple[PasswordLink, str]:
    """Make the one link by which `person`, or with None the first admin, chooses a password.

    Returns
    -------
    The link and its code, which nobody can read again. Earlier links of the person are worthless.
    """
    code = "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
    with transaction.atomic():
        PasswordLink.objects.filter(user=person, used_at=None).delete()
        link = PasswordLink.objects.create(
            user=person, made_by=by, digest=_digest(code), expires_at=timezone.now() + lasts
        )
        if person is not None:
            record("user.password_link_made", by, person)
    return link, code


def open_link(code: str) -> PasswordLink:
    """Return the link with that code that can still be used. Raises WrongCode."""
    link = (
        PasswordLink.objects.select_related("user")
        .filter(Q(user=None) | Q(user__is_active=True))
        .filter(digest=_digest(code), used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if link is None:
        message = "This code is wrong, was used already, or has expired. Ask an admin for another."
        raise WrongCode(message, {"code": [message]})
    return link


def choose_password(code: str, password: str) -> User:
    """Give the person whose link this is a new password, which ends what the old one opened.

    Raises
    ------
    WrongCode
    ValidationError
        The password is too simple.
    """
    with transaction.atomic():
        link = _taken(code)
        if link.user is None:
            raise WrongCode("This code makes the first admin, on another page.")
        validate_password(password, link.user)
        link.user.set_password(password)
        link.user.save(update_fields=["password"])
        forget_tries(link.user.get_username())
        record("user.password_link_used", link.user, link.user)
        return link.user


def make_first_admin(code: str, username: str, password: str) -> User:
    """Make the first admin, who may do everything here and on the admin site.

    Raises
    ------
    HasAdmin
    WrongCode
    ValidationError
        The password is too simple.
    """
    with transaction.atomic():
        group = Group.objects.select_for_update().get(name=ADMIN)
        if admins().exists():
            raise HasAdmin("There is an admin already. Ask them to invite you.")
        link = _taken(code)
        if link.user is not None:
            raise WrongCode("This code isn't the one that the server printed.")
        user = User(username=username, is_staff=True, is_superuser=True)
        validate_password(password, user)
        user.set_password(password)
        user.save()
        user.groups.add(group)
        record("user.first_admin_made", user, user)
        return user


def _taken(code: str) -> PasswordLink:
    """Take the link out of use, locked, so that nobody uses it twice. Raises WrongCode."""
    link = open_link(code)
    used = PasswordLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    if not used:
        raise WrongCode("This code was used already.")
    return link


def _digest(code: str) -> str:
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    return hashlib.sha256(plain.encode()).hexdigest()
