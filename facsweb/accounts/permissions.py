"""The one place that says who may do what.

Roles are groups: a queue coder proposes codings of the faces that queues hand to them, a coder sees
and codes every face and sends new ones, a reviewer also decides what is true, an admin also trains,
promotes and imports. A signed-in user without a role sees no face.

An auditor stands beside this ladder: they read the audit, and figures and cards of models, but no
face and nothing that is said of a single one. Somebody may be an auditor and, say, a coder, too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission, User
from django.db.models import Q, QuerySet

from facsweb.accounts.models import ApiToken
from facsweb.accounts.policies import Policy, Rule, role
from facsweb.accounts.types import AnyUser
from facsweb.problems import Forbidden

QUEUE_CODER, CODER, REVIEWER, ADMIN = "queue coder", "coder", "reviewer", "admin"
ROLES = (QUEUE_CODER, CODER, REVIEWER, ADMIN)
#: Outside the ladder of ROLES: no role of these implies it, and it implies none.
AUDITOR = "auditor"

#: What an API token may do -> the role that this needs. A token never does more than its owner.
#: An auditor's may read, too.
SCOPES = {
    "read": QUEUE_CODER, "label": QUEUE_CODER, "upload": CODER, "train": REVIEWER, "admin": ADMIN,
}  # fmt: skip

#: Name of the attribute that keeps them on the user of a request.
_KNOWN_ROLES = "_facsweb_roles"


def roles_of(user: AnyUser) -> frozenset[str]:
    """Return the user's roles of the ladder, each implying the lesser ones."""
    return _known_roles(user) - {AUDITOR}


def _known_roles(user: AnyUser) -> frozenset[str]:
    """Return the user's roles, AUDITOR among them; the database is asked only once."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    known: frozenset[str] | None = getattr(user, _KNOWN_ROLES, None)
    if known is None:
        names = {group.name for group in user.groups.all()}
        held = names | {ADMIN} if user.is_superuser else names
        highest = max((ROLES.index(name) for name in held if name in ROLES), default=-1)
        known = frozenset(ROLES[: highest + 1]) | (names & {AUDITOR})
        setattr(user, _KNOWN_ROLES, known)
    return known


def forget_roles(user: User) -> None:
    """Have the database asked anew, on this instance, for what it knows of roles."""
    user.__dict__.pop(_KNOWN_ROLES, None)


def standing_of(pk: int) -> frozenset[str]:
    """Return the roles that somebody holds in the database now, AUDITOR among them."""
    user = get_user_model().objects.filter(pk=pk).first()
    return frozenset() if user is None else _known_roles(user)


def holders_of(role: str) -> QuerySet[User]:
    """Return the active users with that role or a greater one, by name."""
    able = Q(groups__name__in=ROLES[ROLES.index(role) :]) | Q(is_superuser=True)
    users = get_user_model().objects.filter(able, is_active=True).distinct()
    return users.prefetch_related("groups").order_by("username")


def grantable_scopes(user: AnyUser) -> list[str]:
    held = _known_roles(user)
    return [
        scope
        for scope, role in SCOPES.items()
        if role in held or (scope == "read" and AUDITOR in held)
    ]


def may_see_faces(user: AnyUser) -> bool:
    """Tell whether the user may see faces, and so may code and flag those that they see.

    Which ones, `annotations.visibility.visible_faces` says.
    """
    return QUEUE_CODER in roles_of(user)


def may_see_every_face(user: AnyUser) -> bool:
    """Tell whether the user may see faces that no queue hands to them, and may send new ones."""
    return CODER in roles_of(user)


def may_see_tags(user: AnyUser) -> bool:
    """Tell whether the user may read demographics of single subjects: admins and auditors.

    Nobody else needs them for their work; figures by group tell of many at once.
    """
    return may_audit(user)


def may_decide(user: AnyUser) -> bool:
    """Tell whether the user may accept or correct the ground truth."""
    return REVIEWER in roles_of(user)


def may_administer(user: AnyUser) -> bool:
    """Tell whether the user may train, promote and cancel runs."""
    return ADMIN in roles_of(user)


def is_auditor(user: AnyUser) -> bool:
    """Tell whether the user holds the role `auditor` by itself, whatever else they are."""
    return AUDITOR in _known_roles(user)


def may_audit(user: AnyUser) -> bool:
    """Tell whether the user may read who did what: auditors and admins."""
    return is_auditor(user) or may_administer(user)


def may_read_figures(user: AnyUser) -> bool:
    """Tell whether the user may read figures and cards, which tell nothing of a single face."""
    return may_see_faces(user) or is_auditor(user)


def rights_of(person: User) -> frozenset[str]:
    """Return all that somebody would be allowed if they were active: roles, and Django's rights."""
    rights = {right for group in person.groups.all() for right in role_rights(group.name)}
    granted = Permission.objects.filter(Q(user=person) | Q(group__user=person))
    rows = granted.values_list("content_type__app_label", "codename")
    rights.update(f"{app}.{name}" for app, name in rows)
    return frozenset(rights | {"staff"} if person.is_staff else rights)


def role_rights(name: str) -> frozenset[str]:
    """Return what the role of that name gives: itself and the lesser ones; none if it is no role.

    An admin may audit, too.
    """
    if name == AUDITOR:
        return frozenset({f"role {AUDITOR}"})
    if name not in ROLES:
        return frozenset()
    held = ROLES[: ROLES.index(name) + 1]
    return frozenset(f"role {each}" for each in (*held, *([AUDITOR] if name == ADMIN else [])))


def is_above(person: User, user: User) -> bool:
    """Tell whether `person` may do something that `user` may not: then `user` can't change them.

    Whoever could give such a person a password, or another name, would take those rights.
    """
    if user.is_superuser:
        return False
    return person.is_superuser or not rights_of(person) <= rights_of(user)


#: The things: a person whom an admin changes. Without one, whether somebody may change anybody.
person_policy = Policy(
    {
        "see": [role(may_administer, "Only admins see accounts.")],
        "invite": [role(may_administer, "Only admins invite people.")],
        "change": [
            role(may_administer, "Only admins change accounts."),
            Rule(
                lambda user, person: person is None or not is_above(person, user),
                "This person may do more than you, so only a superuser can change them.",
            ),
        ],
    }
)


class InsufficientScope(Forbidden):
    """A token's owner may do this, but not with that token."""

    code = "insufficient_scope"


class Revocation(NamedTuple):
    """A token to revoke, and the token that asks for it; None where a browser's session does."""

    token: ApiToken
    sent: ApiToken | None


def _beyond(user: AnyUser, scopes: Collection[str]) -> list[str]:
    return sorted(set(scopes) - set(grantable_scopes(user)))


def _refuse_scopes(user: AnyUser, scopes: Collection[str]) -> Forbidden:
    beyond = _beyond(user, scopes)
    return Forbidden(f"Your role does not grant the scope {', '.join(beyond)}.", {"scopes": beyond})


def _is_itself_or_admin(_: AnyUser, revocation: Revocation) -> bool:
    token, sent = revocation
    return sent is None or sent.pk == token.pk or "admin" in sent.scopes


#: The things: the scopes that are asked for, a Revocation.
token_policy = Policy(
    {
        "issue": [Rule(lambda user, scopes: not _beyond(user, scopes), _refuse_scopes)],
        "revoke": [
            Rule(lambda user, asked: asked.token.user_id == user.pk, "This token is not yours."),
            Rule(
                _is_itself_or_admin,
                lambda *_: InsufficientScope(
                    "A token without the scope “admin” revokes only itself."
                ),
            ),
        ],
    }
)
