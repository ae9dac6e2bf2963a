"""The page on how evenly a training's labels are spread."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from facsweb.accounts.decorators import figures_required
from facsweb.accounts.permissions import may_see_faces
from facsweb.accounts.types import SignedInRequest
from training.figures.balance import CKPLUS_FACES, MAPS, balance_board
from training.ml.imbalance_flags import RULES
from training.models import TrainingRun
from training.selectors import champion_id, visible_runs


@require_safe
@figures_required
def balance(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what the labels of a run show how often, on whom, and together with what."""
    run = get_object_or_404(visible_runs(request.user).defer(None), pk=pk)
    asked = request.GET.get("map", "")
    which = asked if asked in MAPS else "data"
    labels = run.labels
    context = {
        "run": run,
        "board": balance_board(labels, which) if labels else None,
        "scope": _scope(run) if may_see_faces(request.user) else "",
        "maps": MAPS.items(),
        "which": which,
        "ckplus_faces": CKPLUS_FACES,
        "rules": RULES.values(),
        "is_champion": run.version_id is not None and run.version_id == champion_id(),
    }
    return render(request, "training/balance.html", context)


def _scope(run: TrainingRun) -> str:
    """Return the gallery's query for the run's faces."""
    asked: dict[str, int] = {}
    if run.version is not None:
        asked["model"] = run.version.coder_id
    if run.snapshot_id is not None:
        asked["snapshot"] = run.snapshot_id
    return urlencode(asked)
