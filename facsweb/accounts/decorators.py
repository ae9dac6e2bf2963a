"""The check that comes before every view of faces or models."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from facsweb.accounts.permissions import may_see_faces

View = Callable[..., HttpResponseBase]


def role_required(view: View) -> View:
    """Answer 404, not 403, to anybody without a role: they learn nothing of what is here."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_faces(request.user):
            raise Http404("There is no such page.")
        return view(request, *args, **kwargs)

    return guarded
