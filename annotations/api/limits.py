"""Bodies that are too large are refused by what their header says, before anything is read."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig

#: For the parts of a form that aren't the picture.
_ROOM = 1024 * 1024


class LimitedBody:
    """A view whose `most_bytes()` a request's Content-Length must not exceed.

    Checked before authentication: with a session that reads the form for its CSRF token.
    """

    def initial(self, request, *args, **kwargs) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > self.most_bytes():
            raise RequestDataTooBig(f"At most {self.most_bytes():,} bytes are accepted.")
        super().initial(request, *args, **kwargs)

    def most_bytes(self) -> int:
        return settings.FACE_MAX_BYTES + _ROOM
