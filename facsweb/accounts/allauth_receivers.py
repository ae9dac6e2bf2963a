"""Recording what people do with their second factor and with single sign-on.

Loaded only where one of them is on.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from facsweb.audit.services import record


def connect() -> None:
    """Connect the receivers. Called once, when the app is ready."""
    acts: list[tuple[Any, str]] = []
    if settings.SECOND_FACTOR:
        from allauth.mfa import signals as factor  # late: there only where it is on

        acts += [
            (factor.authenticator_added, "user.second_factor_added"),
            (factor.authenticator_removed, "user.second_factor_removed"),
            (factor.authentication_failed, "user.second_factor_failed"),
        ]
    if settings.OIDC_ISSUER:
        from allauth.socialaccount import signals as sign_on  # late: see above

        acts += [
            (sign_on.social_account_added, "user.sign_on_joined"),
            (sign_on.social_account_removed, "user.sign_on_parted"),
        ]
    for signal, action in acts:
        signal.connect(partial(_record, action), weak=False)


def _record(action: str, sender: Any, request: Any, **told: Any) -> None:
    joined = told.get("socialaccount") or told.get("sociallogin")
    user = told.get("user") or getattr(joined, "user", None)
    record(action, user, user if isinstance(user, User) else None, request=request)
