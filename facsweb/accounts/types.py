"""Types of users, and of the requests of people who are signed in."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

AnyUser = User | AnonymousUser


def user_of(request: HttpRequest) -> User:
    """Return the user of a request to the admin's site, where everybody is signed in."""
    return cast(User, request.user)


class SignedInRequest(HttpRequest):
    """A page's request, once LoginRequiredMiddleware and HtmxMiddleware have seen it."""

    user: User
    htmx: HtmxDetails
