"""The page of a run's curves: all at once, or those of one class or unit."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotations.measures.support import FEWEST_TO_TRUST
from facsweb import charts
from facsweb.accounts.decorators import figures_required
from facsweb.accounts.types import SignedInRequest
from training.curves.charts import KINDS, Subject, large, overview, subjects_of
from training.figures.bars import interval_text
from training.ml.curve_figures import Curves, RunCurves
from training.ml.interval import Interval
from training.ml.metrics import ClassFigures, Metrics
from training.selectors import is_champion, visible_runs

SPLITS = {"test": "Test", "validation": "Out of fold"}


@require_safe
@figures_required
def curves(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show every curve of one kind as small multiples, or with `?of=au12` all kinds of one unit."""
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    measured = run.curve_figures
    about = {"run": run, "is_champion": is_champion(run)}
    if measured is None:
        return render(request, "training/curves.html", about)
    split = request.GET.get("split", "")
    if split not in splits_of(measured):
        split = next(iter(splits_of(measured)))
    subjects = subjects_of(splits_of(measured)[split])
    chosen = _chosen(subjects, request.GET.get("of", ""))
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else next(iter(KINDS))
    if chosen is None:
        drawn = [overview(subjects, kind)]
    else:
        drawn = [large(chosen, each) for each in KINDS] if chosen.figures.enough else []
    if (picture := charts.picture_asked_for(request, drawn)) is not None:
        return picture
    context = about | {
        "measured": measured,
        "charts": drawn,
        "chosen": chosen,
        "rows": [(each, *_intervals(run.figures, split, each)) for each in subjects],
        "kind": kind,
        "kinds": [(name, title) for name, (title, _, _) in KINDS.items()],
        "split": split,
        "splits": [(name, SPLITS[name]) for name in splits_of(measured)],
        "fewest": FEWEST_TO_TRUST,
        "cross_validated": bool(run.figures and run.figures.cross_validated),
    }
    return render(request, "training/curves.html", context)


def splits_of(measured: RunCurves) -> dict[str, Curves]:
    """Return the splits whose curves were measured, by name."""
    named = {"test": measured.test, "validation": measured.validation}
    return {name: curves for name, curves in named.items() if curves is not None}


def _chosen(subjects: list[Subject], key: str) -> Subject | None:
    if not key:
        return None
    found = next((each for each in subjects if each.key == key), None)
    if found is None:
        raise Http404("This run has no curves of that.")
    return found


def _intervals(metrics: Metrics | None, split: str, subject: Subject) -> tuple[str, str]:
    """Return the intervals of the areas under the ROC and the precision-recall curve, in words."""
    figures = metrics.splits.get(split) if metrics else None
    of: ClassFigures | None = None
    if figures and subject.key.startswith("au") and figures.action_units:
        of = figures.action_units.per_au.get(int(subject.key[2:]))
    elif figures and figures.emotion:
        of = figures.emotion.per_class.get(subject.key)
    intervals = of.intervals if of else None
    return _bounds(intervals, "roc_auc"), _bounds(intervals, "average_precision")


def _bounds(intervals: Mapping[str, Interval] | None, name: str) -> str:
    return interval_text(intervals, name).removeprefix("95 % interval ")
