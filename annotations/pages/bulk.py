"""Deciding on many faces at once: what would change, doing it, undoing it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.codings.selectors import default_coder, model_coders
from annotations.models import BulkAction, BulkRun, Coder
from annotations.review import bulk
from annotations.review.bulk_preview import Criteria, described, preview
from annotations.review.permissions import bulk_policy
from annotations.visibility import look_at, readable, visible_faces
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import RowField
from facsweb.rest.pages import refusal_as_message
from facsweb.rest.statuses import status_of

_SHOWN = 60
_ACTIONS = 20


class BulkForm(forms.Form):
    model = RowField(required=False, queryset=Coder.objects.none(), empty_label="The champion")
    confidence = forms.FloatField(
        label="Minimum confidence",
        min_value=0.5,
        max_value=1,
        initial=0.9,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text="Of the emotion and each action unit, the one with the lowest confidence counts.",
    )
    agreeing = forms.IntegerField(
        label="Minimum number of coders who agree",
        min_value=0,
        max_value=20,
        initial=2,
        help_text="People whose own coding says exactly what the model says.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        cast(RowField, self.fields["model"]).queryset = model_coders()

    def criteria(self) -> Criteria | None:
        model = self.cleaned_data["model"] or default_coder()
        if model is None:
            return None
        return Criteria(model, self.cleaned_data["confidence"], self.cleaned_data["agreeing"])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def bulk_accept(request: SignedInRequest) -> HttpResponse:
    """Show on GET what would change; change just that on POST."""
    bulk_policy.check_page(request.user, "apply")
    faces = readable(visible_faces(request.user), request.user)
    asked = request.POST if request.method == "POST" else request.GET
    form = BulkForm(asked) if "confidence" in asked else BulkForm()
    criteria = form.criteria() if form.is_bound and form.is_valid() else None
    problem, status = "", 200
    if request.method == "POST" and criteria is not None:
        try:
            action = bulk.apply(request.user, faces, criteria, request.POST.get("digest", ""))
        except Problem as error:
            problem, status = error.detail, status_of(error)
        else:
            messages.success(request, _told(action))
            return redirect("bulk")
    shown = preview(faces, criteria) if criteria else None
    changes = described(shown.planned[:_SHOWN]) if shown else []
    look_at(request.user, [change.face.pk for change in changes])
    context = {
        "form": form,
        "criteria": criteria,
        "no_model": form.is_bound and form.is_valid() and criteria is None,
        "shown": shown,
        "changes": changes,
        "problem": problem,
        **_actions(),
    }
    return render(request, "annotations/bulk.html", context, status=status)


@require_safe
@role_required
def bulk_progress(request: SignedInRequest) -> HttpResponse:
    """Render the list of actions, which htmx requests while a worker carries one out."""
    bulk_policy.check_page(request.user, "apply")
    return render(request, "annotations/_bulk_actions.html", _actions())


@require_POST
@role_required
def bulk_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    bulk_policy.check_page(request.user, "apply")
    action = get_object_or_404(BulkAction, pk=pk)
    with refusal_as_message(request):
        undone = bulk.undo(action, request.user)
        if isinstance(undone, BulkRun):
            said = f"A worker undoes {str(action).lower()}. Below stands how far it is."
        else:
            kept = f" {undone.kept} were decided on since and stay." if undone.kept else ""
            said = f"{action} is undone: {undone.restored} faces restored.{kept}"
        messages.success(request, said)
    return redirect("bulk")


@require_POST
@role_required
def bulk_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """End what a worker does about an action; what it did so far stays."""
    bulk_policy.check_page(request.user, "apply")
    run = get_object_or_404(BulkRun.objects.active().select_related("action"), action=pk)
    with refusal_as_message(request):
        bulk.cancel_bulk_run(run, request.user)
        messages.success(request, "Cancelling: it stops within seconds. What it did so far stays.")
    return redirect("bulk")


def _told(action: BulkAction) -> str:
    if action.runs.exists():
        return f"A worker carries out {str(action).lower()}. Below stands how far it is."
    return f"{action}: {action.reviews.count()} ground truths changed."


def _actions() -> dict[str, Any]:
    """Return the latest actions, each with the latest run of its, if any."""
    actions = list(
        BulkAction.objects.select_related("created_by", "undone_by").prefetch_related(
            Prefetch("runs", BulkRun.objects.order_by("pk"), to_attr="all_runs")
        )[:_ACTIONS]
    )
    rows = [(action, action.all_runs[-1] if action.all_runs else None) for action in actions]
    is_active = any(run is not None and run.is_active for _, run in rows)
    return {"actions": rows, "is_active": is_active}
