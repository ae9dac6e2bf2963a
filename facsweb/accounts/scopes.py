"""The scope that each action of the API needs of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from facsweb.accounts.models import ApiToken
from facsweb.accounts.permissions import InsufficientScope, may_see_faces
from facsweb.problems import Forbidden

if TYPE_CHECKING:  # its views import this module while they are made
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Reading needs `read`; every write names its scope in `view.scopes`, by action or method.

    A session isn't limited: there the person's role is all. Users who may not write at all are
    refused before the body is looked at: by whether they have a role, or by the policy and action
    that `view.for_whom` names. An object that somebody may not see is a 404 instead, from its view.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        scope = scope_of(view, request.method or "")
        self._check_role(request, view, scope)
        if not isinstance(request.auth, ApiToken):
            return True
        if scope is not None and scope not in request.auth.scopes:
            raise InsufficientScope(
                f"This token's scopes ({', '.join(request.auth.scopes)}) don't include “{scope}”. "
                "Create a token that has it."
            )
        return True

    def _check_role(self, request: Request, view: Any, scope: str | None) -> None:
        if request.method in SAFE_METHODS or getattr(view, "detail", None) is not False:
            return
        asked = getattr(view, "for_whom", {}).get(view.action)
        if scope is None:
            return
        if asked is None:
            allowed = may_see_faces(request.user)
        else:
            policy, action = asked
            allowed = policy.allows(request.user, action)
        if not allowed:
            raise Forbidden("Your role does not allow this. Ask an admin for another.")


def scope_of(view: Any, method: str) -> str | None:
    """Return the scope that a method needs; None where it isn't there, which is refused next.

    None also where `view.scopes` asks for no scope. A write that names no scope needs `admin`: what
    somebody forgot is closed, not open.
    """
    if not hasattr(view, method.lower()):
        return None
    action = getattr(view, "action", None) or method.lower()
    named: dict[str, str | None] = getattr(view, "scopes", {})
    if action in named:
        return named[action]
    return "read" if method in SAFE_METHODS else "admin"
