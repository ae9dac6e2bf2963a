"""Making, checking and revoking the tokens of the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from facsweb.accounts.models import ApiToken
from facsweb.accounts.permissions import SCOPES, Revocation, grantable_scopes, token_policy
from facsweb.audit.services import record
from facsweb.problems import Problem
from facsweb.rest.outages import as_far_as_possible

DEFAULT_DAYS, MOST_DAYS = 90, 366
#: More than anybody needs; it keeps a loop of sign-ins from filling the table.
MOST_TOKENS = 100
#: A prefix lets secret scanners recognise a token that was committed by mistake.
_PREFIX = "facs_"
_BETWEEN_NOTES_OF_USE = timedelta(minutes=1)


class InvalidToken(Problem):
    code = "invalid_token"


def issue_token(
    user: User, name: str, scopes: Collection[str] | None = None, days: int = DEFAULT_DAYS
) -> tuple[ApiToken, str]:
    """Make a new token of `user`; return it with its text, which nobody can read again.

    Parameters
    ----------
    scopes
        None means all that the user's role grants.
    days
        How long it is valid, 1 to MOST_DAYS.

    Raises
    ------
    Forbidden
        The user's role doesn't grant such a scope.
    InvalidToken
    """
    if scopes is None:
        wanted = grantable_scopes(user)
    else:
        wanted = [name for name in SCOPES if name in scopes]
    token_policy.check(user, "issue", wanted)
    if scopes is not None and not wanted:
        raise InvalidToken("Choose at least one scope.", {"scopes": ["Choose at least one."]})
    if not 1 <= days <= MOST_DAYS:
        message = f"A token lives 1 to {MOST_DAYS} days."
        raise InvalidToken(message, {"expires_in_days": [message]})
    if ApiToken.objects.of(user).usable().count() >= MOST_TOKENS:
        raise InvalidToken(
            f"You have {MOST_TOKENS} tokens. Revoke some that you no longer use.",
            {"name": ["Too many tokens."]},
        )
    text = _PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            digest=_digest(text),
            scopes=list(wanted),
            expires_at=timezone.now() + timedelta(days=days),
        )
        record("token.issued", user, token, {"scopes": list(wanted), "days": days})
    return token, text


def find_token(text: str) -> ApiToken | None:
    """Return the usable token with that text, and note its use; None where there is none."""
    token = ApiToken.objects.usable().select_related("user").filter(digest=_digest(text)).first()
    if token is None:
        return None
    if not token.user.is_active:  # whichever way that came about, it is dead for good
        revoke_all(token.user)
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _BETWEEN_NOTES_OF_USE:
        with as_far_as_possible("a token's use"):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ApiToken, user: User, sent: ApiToken | None = None) -> None:
    """Make a token worth nothing from now on.

    Parameters
    ----------
    sent
        The token that asks for it; None where a browser's session does.

    Raises
    ------
    Forbidden
        It isn't the user's, or `sent` may revoke only itself.
    """
    token_policy.check(user, "revoke", Revocation(token, sent))
    with transaction.atomic():
        usable = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        if usable.update(revoked_at=timezone.now()):
            record("token.revoked", user, token)


def revoke_all(user: User) -> int:
    """Make every token of `user` worth nothing from now on; return how many there were."""
    revoked = ApiToken.objects.of(user).usable().update(revoked_at=timezone.now())
    if revoked:
        record("token.all_revoked", about=user, details={"tokens": revoked})
    return revoked


def _digest(text: str) -> str:
    """Return the plain SHA-256 of a token.

    Of 256 random bits nothing can be guessed, so no salt or stretching is needed.
    """
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
