"""Flags: requests that a face be looked at again."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from annotations.models import Face, Flag
from annotations.problems import InvalidCoding
from annotations.review.permissions import flag_policy


def flag_face(face: Face, user: User, comment: str) -> Flag:
    """Flag a face with a comment. Raises Forbidden, InvalidCoding."""
    flag_policy.check(user, "raise")
    comment = comment.strip()
    if not 0 < len(comment) <= 500:
        raise InvalidCoding(
            "Say in a few words what is wrong with this face (at most 500 characters).",
            {"comment": ["1 to 500 characters."]},
        )
    return Flag.objects.create(face=face, user=user, comment=comment)


def resolve_flag(flag: Flag, user: User) -> None:
    """Resolve a flag, for a reviewer or the user who raised it. Doing so twice changes nothing."""
    flag_policy.check(user, "resolve", flag)
    Flag.objects.filter(pk=flag.pk, resolved_at=None).update(
        resolved_at=timezone.now(), resolved_by=user
    )
