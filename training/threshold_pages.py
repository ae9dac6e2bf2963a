"""The page on which one tries another threshold for an action unit, and sees what that changes."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotations.codings.face_query import FaceQuery
from annotations.codings.selectors import ActionUnitComparison, comparison_of, with_comparison
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.models import Face
from annotations.visibility import look_at, veil, visible_faces
from facsweb import charts
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from inference.models import ModelVersion
from training.bars import score_text
from training.curve_charts import by_threshold
from training.ml.curve_figures import CurveFigures, Curves, step_of, threshold_at
from training.models import TrainingRun
from training.selectors import is_champion, visible_runs

FACES_SHOWN = 12


class ThresholdChoice(forms.Form):
    at = forms.FloatField(
        label="Threshold",
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"type": "range", "step": "0.01"}),
        error_messages={"invalid": "A threshold is a number from 0 to 1."},
    )


@dataclass(frozen=True)
class Move:
    """A threshold's move from one step to another, and what it does to the faces."""

    au: int
    figures: CurveFigures
    now: int
    then: int

    @property
    def current(self) -> float:
        return threshold_at(self.now)

    @property
    def chosen(self) -> float:
        return threshold_at(self.then)

    @property
    def finds_more(self) -> bool:
        return self.then < self.now

    @property
    def changed(self) -> int:
        """The faces on which the answer changes."""
        return abs(self.figures.found[self.then] - self.figures.found[self.now])

    @property
    def showing(self) -> int:
        """The faces among these that show the unit."""
        return abs(self.figures.hits[self.then] - self.figures.hits[self.now])

    @property
    def without(self) -> int:
        return self.changed - self.showing

    @property
    def bounds(self) -> tuple[float, float]:
        """The probabilities of the faces that change: from the first to below the second."""
        return threshold_at(min(self.now, self.then)), threshold_at(max(self.now, self.then))

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Name, figure now and then."""
        before, after = self.figures.counts_at(self.now), self.figures.counts_at(self.then)
        scores = ("precision", "recall", "f1", "specificity")
        counts = {
            "Faces found": "found",
            "of these, show it": "hits",
            "Missed": "misses",
        }
        return [
            ("Threshold", f"{self.current:.2f}", f"{self.chosen:.2f}"),
            *(
                (
                    "F1" if name == "f1" else name.capitalize(),
                    score_text(getattr(before, name)),
                    score_text(getattr(after, name)),
                )
                for name in scores
            ),
            *(
                (label, str(getattr(before, name)), str(getattr(after, name)))
                for label, name in counts.items()
            ),
        ]


@require_safe
@role_required
def thresholds(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what `?au=12&at=0.35` would find beside what the version finds now."""
    run = get_object_or_404(visible_runs(request.user).select_related("snapshot"), pk=pk)
    version = run.version
    if version is None:
        raise Http404("This run made no model.")
    measured = run.curve_figures
    about = {"run": run, "is_champion": is_champion(run)}
    if measured is None:
        return render(request, "training/thresholds.html", about)
    split, curves = measured.to_choose_by
    au = _unit(request.GET.get("au", ""), curves)
    context = about | {
        "au": au,
        "units": [(each, figures.enough) for each, figures in sorted(curves.units.items())],
        "measured": measured,
        "split": split,
        "fewest": FEWEST_TO_TRUST,
    }
    figures = curves.units[au]
    if not figures.enough:
        return render(request, "training/thresholds.html", context | {"too_few": figures})
    form = ThresholdChoice(request.GET, label_suffix="")
    move = _move(form, version, au, figures)
    chart = by_threshold(f"AU{au}", figures, move.current)
    if (picture := charts.picture_asked_for(request, [chart])) is not None:
        return picture
    query = _query(run, version, split, move)
    context |= {
        "form": ThresholdChoice({"at": move.chosen}, label_suffix=""),
        "problem": " ".join(str(each) for each in form.errors.get("at", [])),
        "move": move,
        "chart": chart,
        "cards": _cards(request, run, version, split, move),
        "query": query,
        "dashboard": _of_dashboard(run, split, au),
    }
    return render(request, "training/thresholds.html", context)


def _unit(asked: str, curves: Curves) -> int:
    if asked.isascii() and asked.isdigit() and int(asked) in curves.units:
        return int(asked)
    ordered = sorted(curves.units)
    if asked or not ordered:
        raise Http404("This run has no curves of such an action unit.")
    return next((au for au in ordered if curves.units[au].enough), ordered[0])


def current_threshold(version: ModelVersion, au: int) -> float:
    """Return the probability from which on a version finds an action unit."""
    known: dict[str, float] = version.manifest.get("thresholds", {})
    return known.get(str(au), 0.5)


def _move(form: ThresholdChoice, version: ModelVersion, au: int, figures: CurveFigures) -> Move:
    now = step_of(current_threshold(version, au))
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
