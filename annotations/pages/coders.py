"""The people who work here: their roles, who codes blind, and how one's own editor opens."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations.codings.permissions import coder_policy
from annotations.codings.services import human_coder
from annotations.codings.standing_counts import standing_counts
from annotations.review.editing import remember_rest
from annotations.unveiling import shown_by_seeing
from facsweb.accounts.decorators import role_required
from facsweb.accounts.people import MEANINGS, audits, everybody, role_of, state_of
from facsweb.accounts.permissions import QUEUE_CODER, ROLES, person_policy
from facsweb.accounts.types import SignedInRequest


@require_safe
@role_required
def people(request: SignedInRequest) -> HttpResponse:
    coder_policy.check_page(request.user, "see")
    all_of_them = person_policy.allows(request.user, "see")
    shown = [(user, getattr(user, "coder", None)) for user in _people(all_of_them)]
    counts = standing_counts(coder.pk for _, coder in shown if coder)
    rows = [_row(user) | {"codings": counts[coder.pk] if coder else 0} for user, coder in shown]
    context = {"rows": rows, "roles": MEANINGS, "role": QUEUE_CODER}
    return render(request, "annotations/people.html", context)


@require_POST
@role_required
def switch_blind(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let somebody code blind from now on, or no longer."""
    coder_policy.check_page(request.user, "switch_blind")
    person = get_object_or_404(_workers(), pk=pk)
    coder, shows = human_coder(person), shown_by_seeing(person)
    if shows and request.POST.get("shows") != str(shows):
        messages.warning(
            request,
            f"Nothing is changed yet: {coder.name} would be shown {_readings_of(shows)}, and is no "
            "longer blind to those that they look at.",
        )
        return redirect("people")
    coder.codes_blind = not coder.codes_blind
    coder.save(update_fields=["codes_blind"])
    how = "codes blind from now on" if coder.codes_blind else "sees other readings again"
    messages.success(request, f"{coder.name} {how}.")
    return redirect("people")


@require_POST
@role_required
def switch_rest(request: SignedInRequest) -> HttpResponse:
    """Set whether your editor stores what you don't touch as absent, from now on."""
    remember_rest(request.user, bool(request.POST.get("rest_absent")))
    return HttpResponse(status=204)


def _row(user: User) -> dict[str, object]:
    blind = getattr(getattr(user, "coder", None), "codes_blind", False)
    return {
        "user": user,
        "role": "admin" if user.is_superuser else role_of(user),
        "audits": audits(user),
        "state": state_of(user),
        "blind": blind,
        "shows": shown_by_seeing(user) if blind else 0,
    }


def _readings_of(faces: int) -> str:
    which = "1 face that isn't" if faces == 1 else f"{faces} faces that aren't"
    return f"the readings of {which} coded yet"


def _workers() -> QuerySet[User]:
    """Return active users with a role."""
    able = Q(groups__name__in=ROLES) | Q(is_superuser=True)
    return _people(True).filter(able, is_active=True).distinct()


def _people(all_of_them: bool) -> QuerySet[User]:
    """Return everybody, or only whoever works here."""
    return everybody().select_related("coder") if all_of_them else _workers()
