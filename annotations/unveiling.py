"""Unveiling: how much a coder would be shown, or was, if they ceased to code blind."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from annotations.models import Assignment, Coder, Coding, FirstLook, Queue, Stage, State
from annotations.visibility import hidden_faces


def shown_by_leaving(queue: Queue, coders: Collection[int]) -> int:
    """Count the faces of a blind queue that one of these coders (ids) has yet to code.

    If they were no longer its coders, or the queue were closed, they would be shown what others say
    of those faces.
    """
    if not queue.is_blind or not queue.is_open or not coders:
        return 0
    done = Assignment.objects.filter(
        item=OuterRef("pk"), user__in=coders, stage=Stage.CODING, finished_at__isnull=False
    )
    numbers = done.order_by().values("item").annotate(who=Count("user", distinct=True))
    owed = queue.items.filter(stage=Stage.CODING).exclude(state=State.COMPLETED)
    coded = Coalesce(Subquery(numbers.values("who")), 0)
    return owed.annotate(coded=coded).filter(coded__lt=len(set(coders))).count()


def shown_before(queue: Queue) -> dict[str, int]:
    """Count the faces of a blind queue that each of its coders is no longer blind to.

    User name -> number of faces whose readings that coder was shown without having coded them
    blind before.
    """
    if not queue.is_blind:
        return {}
    coders = queue.members.filter(stage=Stage.CODING).values("user")
    blind = Coding.objects.filter(face=OuterRef("face"), coder__user=OuterRef("user"))
    looks = FirstLook.objects.filter(user__in=coders, face__in=queue.items.values("face"))
    looks = looks.exclude(Exists(blind.filter(is_blind=True)))
    rows = looks.order_by("user__username").values_list("user__username")
    return dict(rows.annotate(faces=Count("pk")))


def shown_by_closing(queue: Queue) -> int:
    """Count the faces as `shown_by_leaving` does, for all coders of the queue at once."""
    return shown_by_leaving(queue, coders_at_work(queue))


def coders_at_work(queue: Queue) -> set[int]:
    """Return the ids of users named for coding who can sign in: no others can be shown anything."""
    coders = queue.members.filter(stage=Stage.CODING, user__is_active=True)
    return set(coders.values_list("user", flat=True))


def shown_by_seeing(user: User) -> int:
    """Count the faces that `user`, who codes blind by a setting, would see if that ended."""
    hidden = hidden_faces(user) if Coder.objects.filter(user=user, codes_blind=True) else None
    return 0 if hidden is None else hidden.count()
