"""Limits on what somebody may send to an address, asked before the body is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from rest_framework.exceptions import AuthenticationFailed

from facsweb.accounts.authentication import TokenAuthentication
from facsweb.rest.daily import TooMuchToday, check_upload
from facsweb.rest.limits import MOST_DISCARDED, is_upload
from facsweb.serving.bridge import SMALL
from facsweb.serving.refusals import Refusal


def asked_by_the_door(environ: dict[str, Any], length: int) -> int:
    """Return what `may_send` does, by a connection to the database that is still good."""
    close_old_connections()  # as at the beginning of a request, which this isn't yet
    return may_send(environ, length)


def may_send(environ: dict[str, Any], length: int) -> int:
    """Return how many bytes may be sent with a request.

    Parameters
    ----------
    environ
        WSGI's, without a body.
    length
        What is announced, or has come already, in bytes.

    Raises
    ------
    Refusal
        It is too much there, for who isn't signed in, or for today.
    """
    request = WSGIRequest(environ | {"wsgi.input": io.BytesIO()})
    try:
        user, by_token = _who(request)
        if user is None:
            raise _too_large(environ, SMALL, " without being signed in. Sign in, or send less.")
        view = _View(request)
        most = view.most_bytes()
        if length > most:
            words = " here. Send less at once."
            raise _too_large(environ, most, words, MOST_DISCARDED if by_token else 0)
        if view.is_upload:
            check_upload(user, length)
    except TooMuchToday as problem:
        raise Refusal(
            environ, 429, problem.code, problem.detail, retry_after=problem.seconds
        ) from None
    except DatabaseError:
        words = "The database can't be asked now, so nothing can be sent. Try again in a minute."
        raise Refusal(environ, 503, "unavailable", words, retry_after=60) from None
    return most


def _too_large(environ: dict[str, Any], most: int, words: str, discarded: int = 0) -> Refusal:
    detail = f"At most {most:,} bytes are accepted{words}"
    return Refusal(environ, 413, "too_large", detail, discarded=discarded)


def _who(request: HttpRequest) -> tuple[User | None, bool]:
    """Return who is signed in, and whether by a token."""
    try:
        found = TokenAuthentication().authenticate(request)  # type: ignore[arg-type]  # META is all
    except AuthenticationFailed:
        return None, True
    if found is not None:
        return found[0], True
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return (user, False) if user.is_authenticated and user.is_active else (None, False)


class _View:
    """The view of an address, as far as it tells how much it takes."""

    def __init__(self, request: HttpRequest) -> None:
        self._made: Any = None
        try:
            self._function: Callable[..., Any] | None = resolve(request.path_info).func
        except Resolver404:
            self._function = None
        made = getattr(self._function, "cls", None)
        if made is not None:
            self._made = made(**getattr(self._function, "initkwargs", {}))
            self._made.request = request
            actions = getattr(self._function, "actions", {})
            self._made.action = actions.get((request.method or "").lower())

    def most_bytes(self) -> int:
        """Return the most bytes that the view takes; what takes no files, as much as a form has."""
        asked = getattr(self._made or self._function, "most_bytes", None)
        return asked() if asked else settings.DATA_UPLOAD_MAX_MEMORY_SIZE + SMALL

    @property
    def is_upload(self) -> bool:
        return is_upload(self._made) or getattr(self._function, "is_upload", False)
