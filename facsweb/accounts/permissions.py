"""The one place that says who may do what.

Roles are groups: a coder proposes codings, a reviewer also decides what is true, an admin also
trains, promotes and imports. A signed-in user without a role sees no face.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from facsweb.accounts.types import AnyUser

CODER, REVIEWER, ADMIN = "coder", "reviewer", "admin"
ROLES = (CODER, REVIEWER, ADMIN)

#: What an API token may do -> the role that this needs. A token never does more than its owner.
SCOPES = {"read": CODER, "label": CODER, "upload": CODER, "train": REVIEWER, "admin": ADMIN}

#: Name of the attribute that keeps them on the user of a request.
_KNOWN_ROLES = "_facsweb_roles"


def roles_of(user: AnyUser) -> frozenset[str]:
    """Return the user's roles, each implying the lesser ones; the database is asked only once."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    known = getattr(user, _KNOWN_ROLES, None)
    if known is None:
        names = {ADMIN} if user.is_superuser else {group.name for group in user.groups.all()}
        highest = max((ROLES.index(name) for name in names if name in ROLES), default=-1)
        known = frozenset(ROLES[: highest + 1])
        setattr(user, _KNOWN_ROLES, known)
    return known


def holders_of(role: str) -> QuerySet[User]:
    """Return the active users with that role or a greater one, by name."""
    able = Q(groups__name__in=ROLES[ROLES.index(role) :]) | Q(is_superuser=True)
    users = get_user_model().objects.filter(able, is_active=True).distinct()
    return users.prefetch_related("groups").order_by("username")


def grantable_scopes(user: AnyUser) -> list[str]:
    return [scope for scope, role in SCOPES.items() if role in roles_of(user)]


def may_see_faces(user: AnyUser) -> bool:
    """Tell whether the user may see faces, and so may code them, flag them and send new ones."""
    return CODER in roles_of(user)


def may_decide(user: AnyUser) -> bool:
    """Tell whether the user may accept or correct the ground truth."""
    return REVIEWER in roles_of(user)


def may_administer(user: AnyUser) -> bool:
    """Tell whether the user may train, promote and cancel runs."""
    return ADMIN in roles_of(user)
