"""Limits on how much one token, person or address may ask for, counted by the minute."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from facsweb.rest.addresses import client_address
from facsweb.rest.counting import add_up

if TYPE_CHECKING:  # its views import this module while they are made
    from rest_framework.views import APIView

_WINDOW = 60


@dataclass(frozen=True)
class RateLimit:
    """The values of the `RateLimit` headers (IETF draft-ietf-httpapi-ratelimit-headers-10)."""

    quota: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"default";q={self.quota};w={_WINDOW}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset_seconds}',
        }


class PerMinute(BaseThrottle):
    """A limit of `settings.API_REQUESTS_PER_MINUTE` for each token, else for each person."""

    scope = "api"

    def allow_request(self, request: Request, view: APIView) -> bool:
        quota = self.quota()
        now = time.time()
        key = f"rate:{self.scope}:{self.who(request)}:{int(now // _WINDOW)}"
        asked = add_up(key, 1, seconds=2 * _WINDOW)
        reset = math.ceil(_WINDOW - now % _WINDOW)
        limit = RateLimit(quota, max(0, quota - asked), reset)
        # The middleware that writes the headers reads it there.
        request._request.rate_limit = limit  # type: ignore[attr-defined]
        self._reset = reset
        return asked <= quota

    def wait(self) -> float:
        return self._reset

    def quota(self) -> int:
        return settings.API_REQUESTS_PER_MINUTE

    def who(self, request: Request) -> str:
        if request.auth is not None:
            return f"token:{request.auth.pk}"
        if request.user and request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return f"address:{client_address(request._request)}"


class SignInsPerMinute(PerMinute):
    scope = "login"

    def quota(self) -> int:
        return settings.SIGN_INS_PER_MINUTE

    def who(self, request: Request) -> str:
        return f"address:{client_address(request._request)}"
