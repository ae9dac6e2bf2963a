"""The page on which one tries another threshold for an action unit, and sees what that changes."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from annotations.codings.face_query import FaceQuery
from annotations.codings.selectors import ActionUnitComparison, comparison_of, with_comparison
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.models import Face
from annotations.visibility import look_at, veil, visible_faces
from facsweb import charts
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.statuses import status_of
from inference.models import ModelVersion
from training.curves.charts import by_threshold
from training.curves.moves import Move
from training.curves.thresholds import InvalidThresholds, request_thresholds, threshold_of
from training.ml.curve_figures import CurveFigures, Curves, step_of
from training.models import TrainingRun
from training.selectors import is_champion, visible_runs

FACES_SHOWN = 12
_UNIT = re.compile(r"[0-9]{1,2}")
_KEPT = re.compile(r"([0-9]{1,2}):(0\.[0-9]{1,2})")


class ThresholdChoice(forms.Form):
    at = forms.FloatField(
        label="Threshold",
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"type": "range", "step": "0.01"}),
        error_messages={"invalid": "A threshold is a number from 0 to 1."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def thresholds(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what `?au=12&at=0.35` would find beside what the version finds now; a POST stores it."""
    if request.method != "POST":
        return _page(request, pk, request.GET)
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    if run.version is None:
        raise Http404("This run made no model.")
    try:
        stored = request_thresholds(
            request.user, run.version, _chosen(request.POST), request.POST.get("reason", "")
        )
    except Problem as error:
        return _page(request, pk, request.POST, error)
    messages.success(
        request, "A worker makes a version of these thresholds, and has it read every face."
    )
    return redirect("training-run", pk=stored.pk)


def _page(
    request: SignedInRequest, pk: int, asked: QueryDict, refused: Problem | None = None
) -> HttpResponse:
    """Show the page for what was asked, and why storing it was refused."""
    run = get_object_or_404(visible_runs(request.user).select_related("snapshot"), pk=pk)
    version = run.version
    if version is None:
        raise Http404("This run made no model.")
    measured = run.curve_figures
    about = {"run": run, "is_champion": is_champion(run)}
    if measured is None:
        return render(request, "training/thresholds.html", about)
    split, curves = measured.to_choose_by
    au = _unit(asked.get("au", ""), curves)
    context = about | {
        "au": au,
        "keep": urlencode([("keep", each) for each in asked.getlist("keep")]),
        "units": [(each, figures.enough) for each, figures in sorted(curves.units.items())],
        "measured": measured,
        "split": split,
        "fewest": FEWEST_TO_TRUST,
    }
    figures = curves.units[au]
    if not figures.enough:
        return render(request, "training/thresholds.html", context | {"too_few": figures})
    form = ThresholdChoice(asked, label_suffix="")
    move = _move(form, version, au, figures)
    chart = by_threshold(f"AU{au}", figures, move.current)
    if (picture := charts.picture_asked_for(request, [chart])) is not None:
        return picture
    kept = {each: at for each, at in kept_in(asked).items() if each != au}
    changed = kept | ({au: move.chosen} if move.then != move.now else {})
    context |= {
        "form": ThresholdChoice({"at": move.chosen}, label_suffix=""),
        "no_threshold": " ".join(str(each) for each in form.errors.get("at", [])),
        "move": move,
        "chart": chart,
        "cards": _cards(request, run, version, split, move),
        "query": _query(run, version, split, move),
        "dashboard": _of_dashboard(run, split, au),
        "kept": [f"{each}:{at:.2f}" for each, at in kept.items()],
        "changed": sorted(changed.items()),
        "keep": urlencode([("keep", f"{each}:{at:.2f}") for each, at in changed.items()]),
        "problem": refused.detail if refused else "",
        "reason": asked.get("reason", ""),
    }
    status = status_of(refused) if refused else 200
    return render(request, "training/thresholds.html", context, status=status)


def kept_in(asked: QueryDict) -> dict[int, float]:
    """Return the thresholds that were chosen before, of `keep=12:0.35`; what is none is left out.

    >>> kept_in(QueryDict("keep=12:0.35&keep=4:0.4&keep=x"))
    {12: 0.35, 4: 0.4}
    """
    found = [_KEPT.fullmatch(each) for each in asked.getlist("keep")]
    return {int(each[1]): float(each[2]) for each in found if each}


def _chosen(posted: QueryDict) -> dict[int, float]:
    """Return what a form stores: the thresholds kept, and that of the unit on the page."""
    form = ThresholdChoice(posted)
    if not form.is_valid():
        raise InvalidThresholds(" ".join(str(each) for each in form.errors.get("at", [])))
    au, at = posted.get("au", ""), form.cleaned_data.get("at")
    own = {int(au): round(at, 2)} if _UNIT.fullmatch(au) and at is not None else {}
    return kept_in(posted) | own


def _unit(asked: str, curves: Curves) -> int:
    if asked.isascii() and asked.isdigit() and int(asked) in curves.units:
        return int(asked)
    ordered = sorted(curves.units)
    if asked or not ordered:
        raise Http404("This run has no curves of such an action unit.")
    return next((au for au in ordered if curves.units[au].enough), ordered[0])


def _move(form: ThresholdChoice, version: ModelVersion, au: int, figures: CurveFigures) -> Move:
    now = step_of(threshold_of(version, au))
    asked = form.cleaned_data.get("at") if form.is_valid() else None
    return Move(au, figures, now, now if asked is None else step_of(asked))


def _query(run: TrainingRun, version: ModelVersion, split: str, move: Move) -> str:
    """Return the gallery's query for the faces that change."""
    least, below = move.bounds
    asked = {
        "model": version.coder_id,
        "split": split,
        "au_probability": move.au,
        "probability_from": least,
        "probability_below": below,
    }
    if run.snapshot_id is not None:
        asked["snapshot"] = run.snapshot_id
    return urlencode(asked)


def _cards(
    request: SignedInRequest, run: TrainingRun, version: ModelVersion, split: str, move: Move
) -> list[tuple[Face, ActionUnitComparison]]:
    """Return the first of the faces that change, each with what is said of the unit."""
    if not move.changed:
        return []
    asked = FaceQuery(
        model=version.coder,
        split=split,
        snapshot=run.snapshot,
        unit_probability=(move.au, *move.bounds),
    )
    faces = asked.apply(visible_faces(request.user), request.user)
    few = with_comparison(faces, version.coder, request.user).order_by("pk")[:FACES_SHOWN]
    shown = veil(few, request.user)
    look_at(request.user, [face.pk for face in shown])
    return [
        (face, unit)
        for face in shown
        for unit in comparison_of(face).action_units
        if unit.unit.number == move.au
    ]


def _of_dashboard(run: TrainingRun, split: str, au: int) -> float | None:
    """Return the F1 on the dashboard, by thresholds that were chosen on other subjects."""
    measured = run.figures.splits.get(split) if run.figures else None
    units = measured.action_units if measured else None
    figures = units.per_au.get(au) if units else None
    return figures.f1 if figures else None
