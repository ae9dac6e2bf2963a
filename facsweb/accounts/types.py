"""Types of who asks, and of the requests of people who are signed in."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

AnyUser = User | AnonymousUser


class SignedInRequest(HttpRequest):
    """A page's request, once LoginRequiredMiddleware and HtmxMiddleware have seen it."""

    user: User
    htmx: HtmxDetails
