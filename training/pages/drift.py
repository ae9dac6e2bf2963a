"""The page on whether new faces drift away from those that a model learnt from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from facsweb import charts
from facsweb.accounts.decorators import figures_required
from facsweb.accounts.permissions import may_decide
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import read_id
from facsweb.rest.statuses import status_of
from inference.models import ModelVersion
from training.drift.board import drift_board
from training.drift.services import request_drift_check
from training.models import DriftCheck
from training.pages.forms.drift import DriftForm
from training.permissions import training_policy
from training.selectors import run_of

_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@figures_required
def drift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a version's latest drift check, or the one asked for; a POST asks for another."""
    version = get_object_or_404(ModelVersion, pk=pk)
    if request.method != "POST":
        return _page(request, version, DriftForm(label_suffix=""))
    training_policy.check_page(request.user, "check_drift")
    form = DriftForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, version, form, status=400)
    try:
        request_drift_check(version, request.user, **form.asked())
    except Problem as error:
        form.add_error(None, error.detail)
        return _page(request, version, form, status=status_of(error))
    return redirect("drift", pk=version.pk)


def _page(
    request: SignedInRequest, version: ModelVersion, form: DriftForm, *, status: int = 200
) -> HttpResponse:
    checks = version.drift_checks.select_related("requested_by")
    shown = _chosen(request, version)
    board = None
    if shown is not None and (found := shown.found) is not None:
        board = drift_board(found, reverse("gallery"), scope_of(shown))
        if (picture := charts.picture_asked_for(request, board.charts)) is not None:
            return picture
    context: dict[str, Any] = {
        "version": version,
        "measured": run_of(version),
        "form": form,
        "may_check": may_decide(request.user),
        "check": shown,
        "found": shown.found if shown else None,
        "board": board,
        "scope": scope_of(shown) if shown else "",
        "checks": checks.defer("result")[:_SHOWN],
    }
    return render(request, "training/drift.html", context, status=status)


def _chosen(request: SignedInRequest, version: ModelVersion) -> DriftCheck | None:
    """Return the check that the address names, else the latest; None where there is none."""
    checks = version.drift_checks.select_related("requested_by")
    if "check" not in request.GET:
        return checks.first()
    return get_object_or_404(checks, pk=read_id(request.GET["check"]))


def scope_of(check: DriftCheck) -> str:
    """Return the gallery's query for exactly the new faces of a check."""
    asked: dict[str, str] = {"model": str(check.version.coder_id), "unlearnt": "on"}
    if check.range is not None:
        first, last = check.range
        asked |= {"uploaded_from": first.isoformat(), "uploaded_until": last.isoformat()}
    return urlencode(asked)
