"""The page of one model version: its lineage, its figures in short, its moves and its runs."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from facsweb.accounts.decorators import figures_required, role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.rest.pages import refusal_as_message
from inference.models import AliasMove, ModelVersion
from training.figures.precision import precision_board
from training.permissions import training_policy
from training.runs.differences import LABELS, said
from training.runs.lineage import lineage_of
from training.runs.services import retrain
from training.selectors import run_of

_LAST_MOVES = 50


@require_safe
@figures_required
def version(request: SignedInRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(
        ModelVersion.objects.select_related("coder").prefetch_related("aliases"), pk=pk
    )
    lineage, measured = lineage_of(shown), run_of(shown)
    order = {name: place for place, name in enumerate(LABELS)}
    config = sorted(lineage.config.items(), key=lambda item: order.get(item[0], len(order)))
    aliases = {alias.name for alias in shown.aliases.all()}
    moves = AliasMove.objects.select_related("previous", "version", "moved_by")
    context = {
        "version": shown,
        "lineage": lineage,
        "settings": [(LABELS.get(name, name), said(value)) for name, value in config],
        "aliases": sorted(aliases),
        "is_champion": "champion" in aliases,
        "measured": measured,
        "figures": measured.figures.test if measured and measured.figures else None,
        "precision": precision_board(shown.asked.comparison),
        "moves": moves.filter(version=shown)[:_LAST_MOVES],
    }
    return render(request, "training/version.html", context)


@require_POST
@role_required
def train_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Start a training by a version's settings, without those who withdrew since."""
    version = get_object_or_404(ModelVersion, pk=pk)
    training_policy.check_page(request.user, "start")
    with refusal_as_message(request):
        run = retrain(version, request.user)
        return redirect("training-run", pk=run.pk)
    return redirect("model", pk=pk)
