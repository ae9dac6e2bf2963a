"""Users and times, read back as an export writes them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from annotations.problems import InvalidCoding


def user_named(name: str) -> User:
    """Return the user of that name, or a new one, who can't sign in until an admin lets them."""
    users = get_user_model()
    user = users.objects.filter(username=name).first()
    if user is None:
        user = users(username=name[:150], is_active=False)
        user.set_unusable_password()
        user.save()
    return user


def when(text: str) -> datetime:
    """Read a date and time that has a time zone. Raises InvalidCoding."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidCoding(f"{text[:40]!r} is not a date and time in ISO 8601.") from None
    if found.tzinfo is None:
        raise InvalidCoding(f"{text[:40]!r} has no time zone.")
    return found
