"""Recording who looked at which face: the first look of a day, and every picture in full size.

What somebody was shown of others' readings is another matter: `annotations.visibility.look_at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from annotations.models import Face, NeutralFrame
from facsweb.accounts.types import user_of
from facsweb.audit.services import kind_of, record, record_looks

#: The acts as the audit names them.
SEEN, PICTURE_SENT, SENT_AHEAD = "face.seen", "face.picture_sent", "face.sent_ahead"
#: By which the page's script says that it fetches what isn't shown yet. A page is asked with the
#: header; the picture that it names has the parameter, as an image can't send a header.
_HEADER, PARAMETER = "X-Ahead", "ahead"


def record_seen(user: User, faces: Iterable[int]) -> None:
    """Record that a person is shown the faces with these ids, unless they were today already."""
    record_looks(SEEN, user, kind_of(Face), faces)


def is_ahead(request: HttpRequest) -> bool:
    """Tell whether a browser fetches a page or picture before anybody has asked to see it.

    Only pages ask: a program that asks the API has none to turn.
    """
    return _HEADER in request.headers or PARAMETER in request.GET


def record_page(request: HttpRequest, face: int) -> None:
    """Record that a person is sent the page of a face: they look at it, or will if they turn to it.

    Whatever leaves the server is written down as sent when it does. Only what is shown is written
    down as seen, which the browser tells later (`record_shown`): if it never does, "sent ahead"
    stays, so that nobody looks unnoticed by saying that they don't.
    """
    record_looks(SENT_AHEAD if is_ahead(request) else SEEN, user_of(request), kind_of(Face), [face])


def record_shown(user: User, face: Face) -> None:
    """Record that a person is shown a face whose page and picture were sent ahead."""
    record_seen(user, [face.pk])
    record(PICTURE_SENT, user, face)


def record_picture(user: Any, picture: Face | NeutralFrame, *, ahead: bool = False) -> None:
    """Record that a person is sent a picture in full size, to be shown now or perhaps later."""
    record(SENT_AHEAD if ahead else PICTURE_SENT, user, picture)


def record_listed(user: User, action: str, rows: Iterable[int]) -> None:
    """Record that a program reads a page of a list, such as `coding.listed`, and its range of ids.

    By which filter isn't kept: it could tell a blind coder who audits what is said of a face.
    """
    ids = sorted(rows)
    if ids:
        record(action, user, details={"rows": len(ids), "from": ids[0], "to": ids[-1]})
