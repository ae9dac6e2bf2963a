"""The list of faces that await a decision: one page of it, found by its first id."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from annotations.models import Coding, Face
from annotations.visibility import of_readable_faces
from facsweb.rest.counted import Counted, count_to


@dataclass(frozen=True)
class ToDecide:
    """A page of faces with open proposals, by id.

    Attributes
    ----------
    after
        The id of the last face, where the next page begins; None where there is no other page.
    count
        How many there are on all pages.
    """

    faces: tuple[Face, ...]
    after: int | None
    count: Counted


def faces_to_decide(user: User, *, after: int, most: int) -> ToDecide:
    """Return the first `most` faces whose id is above `after`, which `user` may decide on."""
    waiting = of_readable_faces(Coding.objects.all(), user).contested_faces()
    ids = list(waiting.filter(face__gt=after)[: most + 1])
    faces = Face.objects.filter(pk__in=ids[:most]).select_related("subject").order_by("pk")
    return ToDecide(tuple(faces), ids[most - 1] if len(ids) > most else None, count_to(waiting))
