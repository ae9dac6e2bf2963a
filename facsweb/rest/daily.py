"""Limits on what one person uploads in a day (UTC), in number and in bytes."""

from __future__ import annotations

import math
import time

from django.conf import settings
from django.contrib.auth.models import User

from facsweb.problems import TooSoon
from facsweb.rest.counting import add_up, so_far

_DAY = 24 * 3600


class TooMuchToday(TooSoon):
    """Somebody has sent what they may send in a day; `seconds` are left of it."""

    code = "daily_limit"


def check_upload(user: User, size: int) -> None:
    """Refuse an upload of `size` bytes that would be too much for today. Raises TooMuchToday."""
    _check(so_far(_key(user, "number")) + 1, so_far(_key(user, "bytes")) + size)


def spend_upload(user: User, size: int) -> None:
    """Count an upload of `size` bytes. Raises TooMuchToday, and then it isn't counted in bytes."""
    number = add_up(_key(user, "number"), 1, seconds=2 * _DAY)
    _check(number, so_far(_key(user, "bytes")) + size)
    add_up(_key(user, "bytes"), size, seconds=2 * _DAY)


def _check(number: int, size: int) -> None:
    left = math.ceil(_DAY - time.time() % _DAY)
    if number > settings.UPLOADS_PER_DAY:
        raise TooMuchToday(
            f"At most {settings.UPLOADS_PER_DAY:,} uploads a day are accepted of one person; "
            f"{_until(left)} UPLOADS_PER_DAY changes it.",
            left,
        )
    if size > settings.UPLOAD_BYTES_PER_DAY:
        raise TooMuchToday(
            f"At most {settings.UPLOAD_BYTES_PER_DAY:,} bytes a day are accepted of one person; "
            f"{_until(left)} UPLOAD_BYTES_PER_DAY changes it.",
            left,
        )


def _until(seconds: int) -> str:
    return f"the next day begins in {seconds // 3600} h {seconds % 3600 // 60} min."


def _key(user: User, what: str) -> str:
    return f"uploads:{what}:{user.pk}:{int(time.time() // _DAY)}"
