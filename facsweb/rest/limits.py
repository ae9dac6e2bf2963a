"""Bodies that are too large are refused by what their header says, before anything is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.conf import settings
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from facsweb.problems import Problem
from facsweb.rest.daily import spend_upload
from facsweb.rest.requests import ApiRequest

#: For the parts of a form that aren't the picture.
_ROOM = 1024 * 1024
#: At most this much of a refused body is read and thrown away.
MOST_DISCARDED = 512 * 1024 * 1024
_CHUNK = 1 << 16


_Function = TypeVar("_Function", bound=Callable[..., Any])


class TooLarge(Problem):
    code = "too_large"


if TYPE_CHECKING:
    from rest_framework.views import APIView

    _View = APIView
else:
    _View = object


class LimitedBody(_View):
    """A view whose `most_bytes()` a request's Content-Length must not exceed.

    It is checked before authentication, which for a session reads the form for its CSRF token.
    """

    request: ApiRequest
    #: Actions that bring files, which are counted by the day.
    uploads: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > self.most_bytes():
            raise TooLarge(
                f"At most {self.most_bytes():,} bytes are accepted here. Send less at once."
            )
        super().initial(request, *args, **kwargs)
        if is_upload(self):
            spend_upload(self.request.user, int(length))

    def most_bytes(self) -> int:
        return settings.FACE_MAX_BYTES + _ROOM


def is_upload(view: object) -> bool:
    """Tell whether what is asked of an API's view brings files."""
    return getattr(view, "action", None) in getattr(view, "uploads", ())


def takes_files(most_bytes: Callable[[], int]) -> Callable[[_Function], _Function]:
    """Mark a page's view that takes a file: with so many bytes, of so many a day.

    The door in front of the product (facsweb/serving) looks at it; the view itself counts what
    came by `spend_upload`.
    """

    def mark(view: _Function) -> _Function:
        view.most_bytes, view.is_upload = most_bytes, True  # type: ignore[attr-defined]
        return view

    return mark


def discard_rest(request: Request) -> None:
    """Read the rest of a refused body, so that a program hears its 413.

    Many clients read no answer before they have sent everything.
    """
    left = MOST_DISCARDED if _has_token(request) else 0
    while left > 0 and (chunk := request._request.read(_CHUNK)):
        left -= len(chunk)


def _has_token(request: Request) -> bool:
    if not get_authorization_header(request):  # a session's form would be read for its CSRF token
        return False
    try:
        return request.auth is not None  # a session gives a user only
    except APIException:  # the header holds something that isn't one
        return False
