"""The request that is being answered, so that a rule which records an act needn't be handed it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_request: ContextVar[HttpRequest | None] = ContextVar("facsweb_audit_request", default=None)


class CurrentRequest:
    """A middleware that remembers the request until it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        before = _request.set(request)
        try:
            return self._get_response(request)
        finally:
            _request.reset(before)


def current_request() -> HttpRequest | None:
    """Return the request that this thread answers; None in a command or a worker."""
    return _request.get()
