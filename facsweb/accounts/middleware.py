"""The limits of sessions, asked for at every request of a browser that is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from facsweb.accounts.sessions import use_session

#: Pages for programs: they answer without a database, whoever looks at them.
_FOR_PROGRAMS = frozenset({"/healthz", "/readyz", "/metrics"})
#: Name of the session's value that the sign-in page reads once.
ENDED = "facsweb_ended"


class SessionLimits:
    """Signs out whoever was idle for too long; stands behind Django's authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in _FOR_PROGRAMS:
            request.user = AnonymousUser()  # else Django asks the database who it is
        elif SESSION_KEY in request.session:
            if not request.user.is_authenticated:
                request.session.flush()  # deactivated: it doesn't come back with its owner
            elif not use_session(request, request.user):
                logout(request)
                request.session[ENDED] = (
                    f"You were signed out after {settings.SESSION_IDLE_MINUTES} minutes without a "
                    f"click, or {settings.SESSION_MOST_HOURS} hours in all. Sign in to go on."
                )
        return self.get_response(request)
