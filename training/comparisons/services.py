"""Comparisons of coders: asking for one, finding it again, and whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from annotations.models import Coder, Coding
from annotations.visibility import hides_anything
from facsweb.accounts.permissions import may_decide, may_see_faces
from facsweb.jobs.models import Run, RunQuerySet
from facsweb.problems import Problem
from training.comparisons.state import recent_state_of, state_of
from training.models import ComparedCoder, Comparison
from training.permissions import comparison_policy

FEWEST, MOST = 2, 5


class InvalidComparison(Problem):
    code = "invalid_comparison"


def comparable_coders(user: User) -> QuerySet[Coder]:
    """Return the coders whose readings `user` may have compared: people's are for reviewers."""
    coders = Coder.objects.filter(Exists(Coding.objects.filter(coder=OuterRef("pk"))))
    return coders if _may_see_people(user) else coders.exclude(kind=Coder.Kind.HUMAN)


def visible_comparisons(user: User) -> RunQuerySet[Comparison]:
    """Return the comparisons that `user` may read.

    One of people tells coders about each other, and somebody who codes blind what others say: as on
    the page of agreement, it is for reviewers who have nothing to code blind.
    """
    if not may_see_faces(user):
        return Comparison.objects.none()
    found = Comparison.objects.select_related("requested_by").prefetch_related(_sides())
    if _may_see_people(user):
        return found
    people = ComparedCoder.objects.filter(comparison=OuterRef("pk"), coder__kind=Coder.Kind.HUMAN)
    return found.exclude(Exists(people))


def request_comparison(user: User | None, coders: Sequence[Coder]) -> Comparison:
    """Have coders compared with the first of them by a worker; return what is under way already.

    Parameters
    ----------
    user
        None is the system itself.
    coders
        FEWEST to MOST, the first of which the others are compared with.

    Raises
    ------
    Forbidden
    InvalidComparison
    """
    if user is not None:
        comparison_policy.check(user, "start")
    _check(user, coders)
    with transaction.atomic():
        active = _of_exactly(coders).active().first()
        if active is not None:
            return active
        comparison = Comparison.objects.create(requested_by=user)
        ComparedCoder.objects.bulk_create(
            ComparedCoder(comparison=comparison, coder=coder, place=place)
            for place, coder in enumerate(coders)
        )
        transaction.on_commit(comparison.enqueue)
    return comparison


def cancel_comparison(comparison: Comparison, user: User) -> None:
    comparison_policy.check(user, "cancel", comparison)
    comparison.request_cancel()


def last_of(coders: Sequence[Coder]) -> Comparison | None:
    """Return the latest comparison of exactly these coders, in this order, that has succeeded."""
    done = _of_exactly(coders).filter(status=Run.Status.SUCCEEDED)
    return done.prefetch_related(_sides()).first()


def latest_of(coders: Sequence[Coder]) -> Comparison | None:
    """Return the latest comparison of exactly these coders, however it stands."""
    return _of_exactly(coders).first()


def has_changed(comparison: Comparison, *, exact: bool = False) -> bool:
    """Tell whether a truth or a reading that counts was added, decided or withdrawn since.

    What is shown over very many codings may be some seconds old; who decides by it asks exactly.
    """
    coders = [side.coder_id for side in comparison.sides.all()]
    state = state_of if exact else recent_state_of
    return bool(comparison.state) and comparison.state != state(coders)


def _sides() -> Prefetch[str]:
    return Prefetch("sides", ComparedCoder.objects.with_coder())


def _check(user: User | None, coders: Sequence[Coder]) -> None:
    if not FEWEST <= len(coders) <= MOST:
        raise _invalid(f"Choose {FEWEST} to {MOST} coders.")
    if len(set(coders)) < len(coders):
        raise _invalid("Choose different coders: everybody agrees with themselves.")
    if user is None:
        return
    allowed = set(comparable_coders(user).filter(pk__in=[each.pk for each in coders]))
    for coder in coders:
        if coder not in allowed:
            raise _invalid(f"{coder} has coded no face, or none that you may know of.")


def _invalid(text: str) -> InvalidComparison:
    return InvalidComparison(text, {"coders": [text]})


def _of_exactly(coders: Sequence[Coder]) -> RunQuerySet[Comparison]:
    found = Comparison.objects.exclude(sides__place__gte=len(coders))
    for place, coder in enumerate(coders):
        found = found.filter(
            Exists(
                ComparedCoder.objects.filter(comparison=OuterRef("pk"), place=place, coder=coder)
            )
        )
    return found


def _may_see_people(user: User) -> bool:
    return may_decide(user) and not hides_anything(user)
