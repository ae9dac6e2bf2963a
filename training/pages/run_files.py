"""Actions of people on a training's page besides watching: write notes, archive it, take files."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from facsweb.accounts.decorators import figures_required, role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Forbidden, Missing
from facsweb.rest.pages import refusal_as_message
from training.models import TrainingRun
from training.permissions import training_policy
from training.runs import archive as archives
from training.runs.downloads import metrics_file, model_file, predictions_file
from training.runs.notes import add_note
from training.selectors import visible_runs


@require_POST
@role_required
def note(request: SignedInRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    training_policy.check_page(request.user, "note")
    with refusal_as_message(request):
        add_note(run, request.user, request.POST.get("text", ""))
        messages.success(request, "The note is kept.")
    return redirect("training-run", pk=pk)


@require_POST
@role_required
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    training_policy.check_page(request.user, "archive")
    with refusal_as_message(request):
        archives.archive(run, request.user)
        messages.success(request, f"{run} is archived: the list leaves it out.")
    return redirect("training-run", pk=pk)


@require_POST
@role_required
def unarchive(request: SignedInRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    training_policy.check_page(request.user, "archive")
    archives.unarchive(run, request.user)
    messages.success(request, f"{run} is in the list again.")
    return redirect("training-run", pk=pk)


@require_safe
@figures_required
def metrics(request: SignedInRequest, pk: int, kind: str) -> HttpResponseBase:
    try:
        return metrics_file(_run(request, pk), kind)
    except Missing as error:
        raise Http404(error.detail) from None


@require_safe
@role_required
def predictions(request: SignedInRequest, pk: int, kind: str) -> HttpResponseBase:
    try:
        return predictions_file(_run(request, pk), request.user, kind)
    except Missing as error:
        raise Http404(error.detail) from None


@require_safe
@role_required
def model(request: SignedInRequest, pk: int) -> HttpResponseBase:
    run = _run(request, pk)
    try:
        return model_file(run, request.user)
    except Missing as error:
        raise Http404(error.detail) from None
    except Forbidden as error:
        messages.error(request, error.detail)
    return redirect("training-run", pk=pk)


def _run(request: SignedInRequest, pk: int) -> TrainingRun:
    return get_object_or_404(visible_runs(request.user), pk=pk)
