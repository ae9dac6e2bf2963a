"""The last admin can't go: else nobody could let anybody in again, save by the server's shell."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Q, QuerySet

from facsweb.accounts.permissions import ADMIN
from facsweb.problems import Conflict


class LastAdmin(Conflict):
    """Without this person nobody could administer any more."""

    code = "last_admin"


def admins() -> QuerySet[User]:
    """Return the admins who can come in: active, and not merely invited."""
    is_admin = Q(groups__name=ADMIN) | Q(is_superuser=True)
    came = Q(last_login__isnull=False) | ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return get_user_model().objects.filter(is_admin & came, is_active=True).distinct()


def keep_an_admin(*leaving: int) -> None:
    """Check that somebody is left to administer without these people (ids). Raises LastAdmin."""
    if connection.in_atomic_block:  # two admins who take the role from each other wait here
        list(Group.objects.select_for_update().filter(name=ADMIN))
    now = admins()
    gone = list(now.filter(pk__in=leaving).values_list("username", flat=True))
    if gone and not now.exclude(pk__in=leaving).exists():
        raise LastAdmin(
            f"{', '.join(gone)} would be the last admin to go, and nobody could let people in any "
            "more. Make somebody else an admin first."
        )
