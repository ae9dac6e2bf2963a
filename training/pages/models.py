"""The pages of the registry: every model version, what was the champion when, and promotion."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from facsweb.accounts.decorators import figures_required, role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.pages import refusal_as_message
from facsweb.rest.statuses import status_of
from inference.models import AliasMove, ModelVersion
from inference.permissions import model_policy
from inference.registry import champion, roll_back
from training.comparisons import table
from training.comparisons.words import crops_of
from training.ml.guard import judge_first
from training.pages.forms.comparison import PromotionForm
from training.pages.prior import prior_context
from training.promotion import compare_with_champion, drawn_warning, gate_of, promote, way_back
from training.selectors import run_of, versions_with_runs

_LAST_MOVES = 100


@require_safe
@figures_required
def models(request: SignedInRequest) -> HttpResponse:
    """List the model versions, and the history of who was the champion and the candidate."""
    moves = AliasMove.objects.select_related("previous", "version", "moved_by")
    context: dict[str, Any] = {
        "versions": versions_with_runs(),
        "champion": champion(),
        "way_back": way_back() if model_policy.allows(request.user, "promote") else None,
        "moves": moves[:_LAST_MOVES],
        **prior_context(request.user),
    }
    if context["champion"] is None and context["versions"]:
        context["why_no_champion"] = _why_not(context["versions"][0])
    return render(request, "training/models.html", context)


def _why_not(version: ModelVersion) -> str:
    """Say why a training's model did not become the champion by itself."""
    if drawn_warning(version):
        return f"it {version.drawn_in_words}, and there are photographs here"
    run = run_of(version)
    figures = run.figures if run else None
    return judge_first(figures).words if figures else "nothing was measured"


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def promotion(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a version beside the champion; a POST with a reason makes it the champion.

    Where a guarded figure falls, that must be confirmed, too.
    """
    version = get_object_or_404(ModelVersion, pk=pk)
    model_policy.check_page(request.user, "promote")
    if request.method != "POST":
        return _promotion_page(request, version, PromotionForm())
    form = PromotionForm(request.POST)
    if not form.is_valid():
        return _promotion_page(request, version, form, status=400)
    given = form.cleaned_data
    try:
        promote(version, request.user, **given)
    except Problem as error:
        form.add_error(None, error.detail)
        return _promotion_page(request, version, form, status=status_of(error))
    messages.success(request, f"{version} is the champion now: pages compare with it.")
    return redirect("models")


@require_POST
@role_required
def back(request: SignedInRequest) -> HttpResponse:
    model_policy.check_page(request.user, "promote")
    with refusal_as_message(request):
        version = roll_back(request.user)
        messages.success(request, f"{version} is the champion again.")
    return redirect("models")


@require_POST
@role_required
def compare(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have a version compared with the champion, for its promotion."""
    version = get_object_or_404(ModelVersion, pk=pk)
    model_policy.check_page(request.user, "promote")
    with refusal_as_message(request):
        compare_with_champion(version, request.user)
    return redirect("promotion", pk=pk)


def _promotion_page(
    request: SignedInRequest, version: ModelVersion, form: PromotionForm, *, status: int = 200
) -> HttpResponse:
    gate = gate_of(version)
    found = gate.comparison.found if gate.comparison else None
    context: dict[str, Any] = {
        "version": version,
        "champion": champion(),
        "gate": gate,
        "why_not": "" if gate.champion else _why_not(version),
        "run": gate.latest,
        "comparison": gate.latest,
        "form": form,
        "plots": table.plots_of(found, 1) if found and found.faces else [],
        "summary": table.summary_of(found, 1) if found else [],
        "subjects": found.subjects if found else 0,
        "crops": crops_of(list(gate.comparison.sides.all())) if gate.comparison else None,
        "width": table.WIDTH,
    }
    return render(request, "training/promotion.html", context, status=status)
