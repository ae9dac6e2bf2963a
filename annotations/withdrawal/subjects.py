"""Subjects as their pages show them: pictures, what is said of them, who looked, consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from annotations.faces.looks import PICTURE_SENT, SEEN
from annotations.models import Coding, Consent, Face, FirstLook, NeutralFrame, Review, Subject
from annotations.models.counting import count_of
from annotations.visibility import veil, visible_faces
from facsweb.audit.selectors import entries_about

MOST_PICTURES = 60


@dataclass(frozen=True)
class Looks:
    """One person's looks at a subject's faces, by the audit and by first looks.

    Attributes
    ----------
    faces
        That they saw others' readings of.
    """

    name: str
    first: datetime
    last: datetime
    times: int
    faces: int


@dataclass(frozen=True)
class Holdings:
    """The numbers of what is kept of a subject."""

    faces: int
    neutral_frames: int
    codings: int
    coders: int
    reviews: int


def subjects(search: str = "", answer: str = "") -> QuerySet[Subject]:
    """Return subjects with their numbers of faces and their consent, by code."""
    found = Subject.objects.select_related("consent").annotate(
        pictures=count_of(Face.objects.all(), "subject")
    )
    if search:
        found = found.filter(code__icontains=search)
    if answer == Consent.Answer.UNKNOWN:
        found = found.filter(Q(consent=None) | Q(consent__answer=answer))
    elif answer:
        found = found.filter(consent__answer=answer)
    return found.order_by("code")


def holdings_of(subject: Subject) -> Holdings:
    """Count what is kept of a subject."""
    codings = Coding.objects.filter(face__subject=subject)
    return Holdings(
        faces=Face.objects.filter(subject=subject).count(),
        neutral_frames=NeutralFrame.objects.filter(subject=subject).count(),
        coders=codings.order_by().values("coder").distinct().count(),
        codings=codings.count(),
        reviews=Review.objects.filter(face__subject=subject).count(),
    )


def pictures_of(subject: Subject, user: User) -> list[Face]:
    """Return the first faces that `user` may see, each with the number of its codings."""
    neutral = NeutralFrame.objects.filter(
        subject=OuterRef("subject"), sequence=OuterRef("sequence")
    )
    faces = visible_faces(user).filter(subject=subject).select_related("subject")
    counted = faces.annotate(said=Count("codings"), has_neutral=Exists(neutral)).order_by("pk")
    return veil(counted[:MOST_PICTURES], user)


def looks_at(subject: Subject) -> list[Looks]:
    """Return who looked at the subject's faces, the latest first."""
    faces = list(Face.objects.filter(subject=subject).values_list("pk", flat=True))
    shown = dict(
        FirstLook.objects.filter(face__subject=subject)
        .order_by()
        .values_list("user__username")
        .annotate(Count("pk"))
    )
    rows = (
        entries_about("face", faces)
        .filter(action__in=[SEEN, PICTURE_SENT])
        .order_by()
        .values_list("actor_name")
        .annotate(first=Min("at"), last=Max("at"), times=Count("number"))
    )
    found = [
        Looks(name, first, last, times, shown.get(name, 0)) for name, first, last, times in rows
    ]
    return sorted(found, key=lambda looks: looks.last, reverse=True)
