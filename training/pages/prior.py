"""The expression prior's part of the models' page: having it read the faces, and how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations.visibility import visible_codings, visible_faces
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.rest.pages import refusal_as_message
from inference.models import PriorRun
from inference.permissions import model_policy
from inference.prior_coder import (
    PRIOR_ABOUT,
    PRIOR_CODER,
    cancel_prior_run,
    known_prior_coder,
    request_prior_run,
)


@require_safe
@role_required
def progress(request: SignedInRequest) -> HttpResponse:
    """Render the part that htmx requests each second while the prior reads."""
    context = prior_context(request.user)
    answer = render(request, "training/_prior.html", context)
    run = context["run"]
    if run is None or not run.is_active:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@role_required
def start(request: SignedInRequest) -> HttpResponse:
    model_policy.check_page(request.user, "ask_prior")
    with refusal_as_message(request):
        request_prior_run(request.user)
        messages.success(request, "The prior reads the faces: it takes a moment for each.")
    return redirect("models")


@require_POST
@role_required
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(PriorRun, pk=pk)
    model_policy.check_page(request.user, "cancel", run)
    cancel_prior_run(run, request.user)
    messages.success(request, "Cancelling: it stops within seconds, and keeps what it read.")
    return redirect("models")


def prior_context(user: User) -> dict[str, Any]:
    """Return what `_prior.html` wants."""
    coder, run = known_prior_coder(), PriorRun.objects.first()
    faces = visible_faces(user).count()
    read = visible_codings(user).filter(coder=coder).count() if coder else 0
    return {
        "run": run,
        "prior_coder": coder,
        "prior_name": PRIOR_CODER,
        "prior_about": PRIOR_ABOUT,
        "prior_read": read,
        "prior_faces": faces,
        "prior_unread": max(0, faces - read),
        "may_ask_prior": model_policy.allows(user, "ask_prior"),
        "may_cancel_prior": run is not None and model_policy.allows(user, "cancel", run),
    }
