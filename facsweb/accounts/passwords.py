"""A new password ends what the old one opened."""

from __future__ import annotations

from django.contrib.auth.models import User

from facsweb.accounts.sessions import end_sessions
from facsweb.accounts.tokens import revoke_all


class EndWithPassword:
    """One of the settings' password validators, whom Django tells of each new password.

    Somebody who changes a password may have lost the old one, with the tokens that were made and
    the browsers that were signed in with it.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Accept any password."""

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            revoke_all(user)
            end_sessions(user)

    def get_help_text(self) -> str:
        return "A new password signs you out everywhere else and revokes all API tokens."
