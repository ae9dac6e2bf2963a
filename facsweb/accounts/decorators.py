"""The check that comes before every view of faces or models."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from facsweb.accounts.permissions import may_audit, may_read_figures, may_see_faces
from facsweb.accounts.types import AnyUser

View = Callable[..., HttpResponseBase]


def role_required(view: View) -> View:
    """Answer 404, not 403, to anybody without a role: they learn nothing of what is here."""

    return _guard(view, may_see_faces)


def figures_required(view: View) -> View:
    """Answer 404 to anybody who may read no figures: auditors may, who see no face."""
    return _guard(view, may_read_figures)


def audit_required(view: View) -> View:
    """Answer 404 to anybody but auditors and admins."""
    return _guard(view, may_audit)


def _guard(view: View, allows: Callable[[AnyUser], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allows(request.user):
            raise Http404("There is no such page.")
        return view(request, *args, **kwargs)

    return guarded
