"""The page of how well a run's model serves groups of people."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from facsweb.accounts.decorators import figures_required
from facsweb.accounts.permissions import may_see_faces, may_see_tags
from facsweb.accounts.types import AnyUser, SignedInRequest
from training.figures.coders import coder_rows
from training.figures.flags import shown
from training.figures.groups import group_board
from training.ml.harm import ALPHA, ALPHA_INTERSECTIONS
from training.models import FairnessReport
from training.pages.runs import scope_of
from training.permissions import coder_policy
from training.selectors import champion_id, visible_runs


def _may_follow(user: AnyUser) -> bool:
    """Tell whether the user may see which faces are a group's: that tells their subjects' tags."""
    return may_see_faces(user) and may_see_tags(user)


@require_safe
@figures_required
def groups(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a run's figures by group, the gaps to all others, and the differences between groups."""
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    if run.metrics is None:
        raise Http404("This run has no figures.")
    report = FairnessReport.objects.filter(run=run).first()
    figures = report.figures if report else None
    context = {
        "run": run,
        "is_champion": run.version_id is not None and run.version_id == champion_id(),
        "scope": scope_of(run, "test") if _may_follow(request.user) else "",
        "fairness": figures,
        "tolerance": round(100 * (figures.tolerance or 0)) if figures else 0,
        "error_rate": round(100 * (ALPHA + ALPHA_INTERSECTIONS)),
        "flags": [
            flag
            for flag in shown(run.figures.flags if run.figures else None)
            if flag.kind in ("bias", "sample_size")
        ],
    }
    if report and coder_policy.allows(request.user, "see"):
        context["coders"] = coder_rows(report.coder_checks)
    if figures:
        target, figure = request.GET.get("target", ""), request.GET.get("figure", "")
        context["board"] = group_board(figures, target, figure)
    return render(request, "training/groups.html", context)
