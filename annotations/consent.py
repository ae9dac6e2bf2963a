"""Consent: whose pictures may be used for what, and how many are left out because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from annotations.models import Consent, Face, Subject
from facsweb.audit.services import record
from facsweb.problems import Problem

_LONGEST_NOTE = 2000


class Scope(StrEnum):
    """Uses that a yes may be for."""

    LABELLING = "labelling"
    TRAINING = "training"
    EXPORT = "export"


class InvalidConsent(Problem):
    code = "invalid_consent"


@dataclass(frozen=True)
class Agreed:
    """An answer of a subject, as somebody records it."""

    answer: str
    until: date | None = None
    labelling: bool = True
    training: bool = True
    export: bool = True
    note: str = ""


@dataclass(frozen=True)
class LeftOut:
    """The subjects and faces that a use leaves out, by why.

    Attributes
    ----------
    said_no, ended, other_scope
        Subjects who said no, whose yes has ended, whose yes isn't for this use.
    """

    subjects: int
    faces: int
    said_no: int
    ended: int
    other_scope: int

    @property
    def why(self) -> str:
        """The reasons with their numbers of subjects, in words; empty where nobody is left out."""
        reasons = (
            (self.said_no, "said no"),
            (self.ended, "gave a consent that has ended"),
            (self.other_scope, "gave a consent that isn’t for this"),
        )
        return ", ".join(f"{count} {words}" for count, words in reasons if count)


def subjects_left_out(scope: Scope) -> QuerySet[Consent, Any]:
    """Return the ids of subjects whose pictures must not be used for `scope`, as a subquery.

    Who was never asked, or whose answer nobody knows, isn't among them.
    """
    return Consent.objects.filter(_refuses(scope)).values("subject")


def left_out(scope: Scope) -> LeftOut:
    """Count who is left out of a use, and why."""
    refusing = Consent.objects.filter(_refuses(scope))
    no, ended = Q(answer=Consent.Answer.NO), Q(until__lt=_today())
    found = refusing.aggregate(
        subjects=Count("pk"),
        said_no=Count("pk", filter=no),
        ended=Count("pk", filter=~no & ended),
    )
    faces = Face.objects.filter(subject__in=subjects_left_out(scope)).count()
    rest = found["subjects"] - found["said_no"] - found["ended"]
    return LeftOut(**found, faces=faces, other_scope=rest)


def refused_since(scope: Scope, moment: date) -> bool:
    """Tell whether somebody stopped agreeing to `scope` on or after the day or time of `moment`."""
    day = timezone.localdate(moment) if isinstance(moment, datetime) else moment
    later = Q(changed_at__gt=moment) | Q(until__gte=day)
    return Consent.objects.filter(_refuses(scope), later).exists()


@transaction.atomic
def record_consent(subject: Subject, agreed: Agreed, by: User) -> Consent:
    """Record what a subject agreed to, in place of what was recorded before.

    Raises
    ------
    InvalidConsent
    """
    if agreed.answer not in Consent.Answer.values:
        raise InvalidConsent("Choose yes, no or unknown.", {"answer": ["Choose one of them."]})
    if agreed.until and agreed.answer != Consent.Answer.YES:
        raise InvalidConsent("Only a yes has an end.", {"until": ["Leave it out, or say yes."]})
    if len(agreed.note) > _LONGEST_NOTE or "\0" in agreed.note:
        message = f"A note is text of at most {_LONGEST_NOTE} characters."
        raise InvalidConsent(message, {"note": [message]})
    values = {name: getattr(agreed, name) for name in Agreed.__dataclass_fields__}
    former = Consent.objects.filter(subject=subject).first()
    consent, _ = Consent.objects.update_or_create(
        subject=subject, defaults={**values, "changed_by": by}
    )
    told = {"from": former.answer if former else Consent.Answer.UNKNOWN, "to": consent.answer}
    told |= {"until": str(agreed.until)} if agreed.until else {}
    record("consent.changed", by, subject, told | {"not_for": consent.not_for})
    return consent


def _refuses(scope: Scope) -> Q:
    yes, no = Consent.Answer.YES, Consent.Answer.NO
    ended = Q(until__lt=_today()) | Q(**{scope.value: False})
    return Q(answer=no) | Q(Q(answer=yes) & ended)


def _today() -> date:
    return timezone.localdate()
