"""Letting somebody in whose password was right: at once, or after their second factor."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from facsweb.problems import Conflict


def let_in(request: HttpRequest, user: User, to: str) -> HttpResponseBase:
    """Let somebody in and lead them to `to`, by the page that asks for a code if they have one."""
    if not (settings.SECOND_FACTOR or settings.OIDC_ISSUER):
        login(request, user)
        return redirect(to)
    # Late: they are there only where this is turned on.
    from allauth.account.internal.flows.login import record_authentication
    from allauth.account.utils import perform_login

    record_authentication(request, user, method="password", username=user.get_username())
    answer: HttpResponseBase = perform_login(request, user, redirect_url=to)
    return answer


def has_second_factor(user: User) -> bool:
    """Tell whether a password isn't enough for this account."""
    if not settings.SECOND_FACTOR:
        return False
    from allauth.mfa.utils import is_mfa_enabled  # late: see above

    return bool(is_mfa_enabled(user))


class NoSecondFactor(Conflict):
    """The account has none that could be taken off."""

    code = "no_second_factor"


def drop_second_factor(user: User) -> None:
    """Take the second factor off an account whose owner lost it. Raises NoSecondFactor."""
    if not has_second_factor(user):
        raise NoSecondFactor(f"{user.get_username()} has no second factor.")
    from allauth.mfa.models import Authenticator  # late: see above

    Authenticator.objects.filter(user=user).delete()
