"""What every view of faces or models asks first."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from facsweb.accounts.permissions import may_see_faces

View = Callable[..., HttpResponseBase]


def role_required(view: View) -> View:
    """Somebody without a role learns nothing of what is here: 404, not 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_faces(request.user):
            raise Http404("Nothing here.")
        return view(request, *args, **kwargs)

    return guarded
