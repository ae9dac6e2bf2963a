"""Authentication of API calls by the header `Authorization: Token facs_...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from facsweb.accounts.models import ApiToken
from facsweb.accounts.tokens import find_token

if TYPE_CHECKING:  # its views import this module while they are made
    from drf_spectacular.openapi import AutoSchema

_KEYWORD = "Token"
_LONGEST = 200


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return (user, ApiToken), or None where there is no such header."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != _KEYWORD.lower().encode():
            return None
        if len(parts) != 2 or len(parts[1]) > _LONGEST:
            raise AuthenticationFailed("Write the header as: Authorization: Token <token>.")
        token = find_token(parts[1].decode("latin-1"))
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked. Make a new one.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return _KEYWORD


# drf-spectacular registers subclasses by a hook that has no types.
class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # see above
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`; tokens are made on the page /tokens/ or by `token/`.",
        }
