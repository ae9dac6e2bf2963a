"""Pages over training runs: the list, one run with its progress, the dashboard."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations.measures.support import FEWEST_TO_TRUST
from annotations.visibility import visible_codings
from facsweb.accounts.decorators import figures_required, role_required
from facsweb.accounts.permissions import may_see_faces
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Forbidden, Problem
from facsweb.rest.statuses import status_of
from training.figures.dashboard import dashboard_of
from training.figures.dots import ORDERS
from training.figures.promises import promise_board
from training.figures.table import headings, tables_of
from training.figures.yardstick import yardstick_of
from training.ml.metrics import SplitFigures
from training.ml.recipes import RECIPES
from training.ml.settings import SETTINGS
from training.models import LONGEST_NOTE, TrainingRun
from training.pages.forms.split import SplitForm
from training.pages.forms.training import TrainingForm
from training.permissions import training_policy
from training.runs import services
from training.runs.archive import archived_runs, listed_runs
from training.runs.curve_panels import curve_page
from training.runs.differences import differs_from_recipe, settings_of
from training.runs.preflight import FEWEST_SUBJECTS, preflight
from training.selectors import (
    champion_id,
    curves_of,
    is_champion,
    log_of,
    run_to_show,
    visible_runs,
)

_RUN_ID = "[0-9]{1,18}"


@require_safe
@figures_required
def training_runs(request: SignedInRequest) -> HttpResponse:
    return _runs_page(request)


@require_safe
@role_required
def new_training(request: SignedInRequest) -> HttpResponse:
    """Show what a training would have to work with, and the form that starts it.

    It begins with a recipe's settings (`preset`), or with those of another run (`like`). Settings
    that are given by name take their place: so the time is told anew as the form changes.
    """
    training_policy.check_page(request.user, "start")
    like = request.GET.get("like", "")
    if re.fullmatch(_RUN_ID, like) is None:
        given: dict[str, Any] = {
            name: request.GET[name] for name in SETTINGS if name in request.GET
        }
        preset = given.pop("recipe", request.GET.get("preset", "default"))
        return _preflight_page(request, TrainingForm(start=preset, **given))
    run = get_object_or_404(visible_runs(request.user), pk=int(like))
    settings = {name: value for name, value in run.config.items() if name in SETTINGS}
    recipe = settings.pop("recipe", "default")
    return _preflight_page(request, TrainingForm(start=recipe, **settings), like=run)


@require_POST
@role_required
def start_training(request: SignedInRequest) -> HttpResponse:
    form = TrainingForm(request.POST)
    if not form.is_valid():
        wrong = map(str, form.errors.get("recipe", ["See what is wrong with the settings."]))
        problem = f"Nothing was started. {' '.join(wrong)}"
        return _preflight_page(request, form, problem=problem, status=400)
    try:
        run = services.request_training(request.user, config=form.config())
    except Forbidden as error:
        return _runs_page(request, problem=error.detail, status=status_of(error))
    except Problem as error:
        return _preflight_page(request, form, problem=error.detail, status=status_of(error))
    messages.success(request, f"{run} is queued.")
    return redirect("training-run", pk=run.pk)


@require_safe
@figures_required
def training_run(request: SignedInRequest, pk: int) -> HttpResponse:
    return _run_page(request, pk)


@require_safe
@figures_required
def training_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """Render what changes of the run's page, for htmx each second while the run goes on."""
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    answer = render(request, "training/_live.html", _run_context(run))
    if not run.is_active:  # the rest of the page, such as downloads, is another now
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@role_required
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    try:
        services.cancel_training(run, request.user)
    except Problem as error:
        return _run_page(request, pk, problem=error.detail, status=status_of(error))
    messages.success(request, "Cancelling: a running training stops within seconds.")
    return redirect("training-run", pk=pk)


@require_safe
@figures_required
def dashboard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a run's figures at a glance."""
    return render(request, "training/dashboard.html", _board_context(request, pk))


@require_safe
@figures_required
def figures(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show every figure of a run, with intervals and baselines."""
    context = _board_context(request, pk)
    metrics, split = context["metrics"], context["board"].split
    tables = tables_of(metrics.splits.get(split) or SplitFigures())
    more = {
        "tables": tables,
        "headings": headings(),
        "promises": promise_board(metrics.promises),
    }
    return render(request, "training/figures.html", context | more)


def _board_context(request: SignedInRequest, pk: int) -> dict[str, Any]:
    """Return what the pages of a run's figures share."""
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    metrics = run.figures
    if metrics is None:
        raise Http404("This run has no figures.")
    form = SplitForm(request.GET)
    return {
        "run": run,
        "metrics": metrics,
        "scope": scope_of(run, form.chosen) if may_see_faces(request.user) else "",
        "split": form.chosen if len(metrics.splits) > 1 and not metrics.cross_validated else "",
        "splits": [(name, label) for name, label in form.splits if name in metrics.splits],
        "orders": ORDERS.items(),
        "order": form.order,
        "board": dashboard_of(metrics, form.chosen, form.order),
        "yardstick": yardstick_of(metrics) if form.chosen == "test" else None,
        "is_champion": is_champion(run),
    }


def scope_of(run: TrainingRun, split: str) -> str:
    """Return the gallery's query for the faces that a dashboard is about; "" without a model."""
    if run.version is None:
        return ""
    asked: dict[str, object] = {"model": run.version.coder_id}
    if run.snapshot_id is not None:
        asked["snapshot"] = run.snapshot_id
    return urlencode(asked | ({"split": split} if split != "all" else {}))


@require_safe
@figures_required
def dashboard_latest(request: SignedInRequest) -> HttpResponse:
    run = run_to_show(request.user)
    if run is None:
        return render(request, "training/no_dashboard.html")
    return redirect("dashboard", pk=run.pk)


def _preflight_page(
    request: SignedInRequest,
    form: TrainingForm,
    *,
    problem: str = "",
    status: int = 200,
    like: TrainingRun | None = None,
) -> HttpResponse:
    check = preflight(form.expected())
    context = {
        "check": check,
        "counts": [*check.emotions, *check.units],
        "fewest_positives": FEWEST_TO_TRUST,
        "fewest_subjects": FEWEST_SUBJECTS,
        "active": visible_runs(request.user).active().first(),
        "measured": visible_runs(request.user).filter(balance__isnull=False).first(),
        "form": form,
        "presets": list(RECIPES),
        "like": like,
        "problem": problem,
    }
    return render(request, "training/preflight.html", context, status=status)


def _runs_page(request: SignedInRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    archived = request.GET.get("archived") == "1"
    runs = list((archived_runs if archived else listed_runs)(request.user)[:50])
    context = {
        "archived": archived,
        "in_archive": archived_runs(request.user).count(),
        "runs": runs,
        "active": next((run for run in runs if run.is_active), None),
        "champion_id": champion_id(),
        "labelled": visible_codings(request.user).accepted().count(),
        "problem": problem,
    }
    return render(request, "training/runs.html", context, status=status)


def _run_page(
    request: SignedInRequest, pk: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    run = get_object_or_404(visible_runs(request.user), pk=pk)
    context = {**_run_context(run), "problem": problem}
    return render(request, "training/run.html", context, status=status)


def _run_context(run: TrainingRun) -> dict[str, object]:
    return {
        "run": run,
        "curves": curve_page(curves_of(run)),
        "log": log_of(run),
        "differs": differs_from_recipe(run.config),
        "settings": settings_of(run.config),
        "notes": run.notes.select_related("author"),
        "longest_note": LONGEST_NOTE,
        "is_champion": is_champion(run),
    }
