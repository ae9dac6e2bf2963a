"""Which scope of a token each action of the API needs."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission

from annotations.exceptions import NotAllowed
from annotations.models import ApiToken


class InsufficientScope(NotAllowed):
    code = "insufficient_scope"


class HasScope(BasePermission):
    """Reading needs `read`; whatever writes says its scope in `view.scopes`, by action or method.

    A session isn't limited: there the person's role is all.
    """

    def has_permission(self, request, view) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        scope = scope_of(view, request.method)
        if scope is not None and scope not in request.auth.scopes:
            raise InsufficientScope(
                f"This token's scopes ({', '.join(request.auth.scopes)}) don't include “{scope}”. "
                "Make a token that has it."
            )
        return True


def scope_of(view, method: str) -> str | None:
    """None where the method isn't there at all, which is told next.

    A write that names no scope needs `admin`: what somebody forgot is closed, not open.
    """
    if not hasattr(view, method.lower()):
        return None
    action = getattr(view, "action", None) or method.lower()
    named = getattr(view, "scopes", {})
    if action in named:
        return named[action]
    return "read" if method in SAFE_METHODS else "admin"
