"""Deciding on many faces at once: what would change, doing it, undoing it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotations.codings.selectors import default_coder, model_coders
from annotations.models import BulkAction, Coder
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
            count = action.reviews.count()
            messages.success(request, f"{action}: {count} ground truths changed.")
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
        "actions": BulkAction.objects.select_related("created_by", "undone_by")[:20],
        "problem": problem,
    }
    return render(request, "annotations/bulk.html", context, status=status)


@require_POST
@role_required
def bulk_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    bulk_policy.check_page(request.user, "apply")
    action = get_object_or_404(BulkAction, pk=pk)
    with refusal_as_message(request):
        undone = bulk.undo(action, request.user)
        kept = f" {undone.kept} were decided on since and stay." if undone.kept else ""
        messages.success(request, f"{action} is undone: {undone.restored} faces restored.{kept}")
    return redirect("bulk")
