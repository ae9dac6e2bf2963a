"""Recording who looked at which face: the first look of a day, and every picture in full size.

What somebody was shown of others' readings is another matter: `annotations.visibility.look_at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User

from annotations.models import Face, NeutralFrame
from facsweb.audit.services import kind_of, record, record_looks

#: The acts as the audit names them.
SEEN, PICTURE_SENT = "face.seen", "face.picture_sent"


def record_seen(user: User, faces: Iterable[int]) -> None:
    """Record that a person is shown the faces with these ids, unless they were today already."""
    record_looks(SEEN, user, kind_of(Face), faces)


def record_picture(user: Any, picture: Face | NeutralFrame) -> None:
    """Record that a person is sent a picture in full size."""
    record(PICTURE_SENT, user, picture)


def record_listed(user: User, action: str, rows: Iterable[int]) -> None:
    """Record that a program reads a page of a list, such as `coding.listed`, and its range of ids.

    By which filter isn't kept: it could tell a blind coder who audits what is said of a face.
    """
    ids = sorted(rows)
    if ids:
        record(action, user, details={"rows": len(ids), "from": ids[0], "to": ids[-1]})
