"""The one door for names and passwords: whoever asks Django to authenticate comes by here."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from facsweb.accounts.tries import begin_try
from facsweb.rest.addresses import client_address

logger = logging.getLogger("facsweb.signing_in")


class CountingBackend(ModelBackend):
    """Django's backend, which counts wrong tries and makes those who guess wait."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> User | None:
        """Return the active user with that name and password, or None. Raises TooManyTries."""
        name = username or more.get(get_user_model().USERNAME_FIELD)
        if name is None or password is None:
            return None
        this = begin_try(name, request)
        user = super().authenticate(request, username=name, password=password)
        if user is None:
            where = client_address(request) if request else ""
            logger.warning("sign-in failed: wrong name or password, from %s", where)
        else:
            this.was_right()
        return user

    async def aauthenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> User | None:
        """Do the same: Django's own would go past the counting."""
        return await sync_to_async(self.authenticate)(request, username, password, **more)
