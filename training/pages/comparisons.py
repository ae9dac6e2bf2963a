"""Pages of comparisons: the list with its form, one comparison, and the faces that moved in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.queues.permissions import queue_policy
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import read_id
from facsweb.rest.pages import refusal_as_message
from facsweb.rest.statuses import status_of
from inference.models import ModelVersion
from training.comparisons import table
from training.comparisons.moved_faces import (
    moved_of,
    queue_of,
    readable_ids,
    shown_faces,
    with_readings,
)
from training.comparisons.services import (
    cancel_comparison,
    has_changed,
    request_comparison,
    visible_comparisons,
)
from training.comparisons.words import cautions, crops_of
from training.ml.compared import ComparisonFigures
from training.models import Comparison
from training.pages.forms.comparison import MOVES, ComparisonForm, MovedForm
from training.permissions import comparison_policy

_LAST = 50
_FIRST_FACES = 6
_FACES_A_PAGE = 48


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def comparisons(request: SignedInRequest) -> HttpResponse:
    """List the comparisons, all or a coder's (`?coder=` its id); a POST asks for one."""
    if request.method != "POST":
        initial = {"others": [pk] if (pk := read_id(request.GET.get("coder"))) else []}
        return _list_page(request, ComparisonForm(request.user, initial=initial))
    comparison_policy.check_page(request.user, "start")
    form = ComparisonForm(request.user, request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=400)
    try:
        made = request_comparison(request.user, form.chosen)
    except Problem as error:
        return _list_page(request, form, problem=error.detail, status=status_of(error))
    return redirect("comparison", pk=made.pk)


@require_safe
@role_required
def comparison(request: SignedInRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(visible_comparisons(request.user), pk=pk)
    sides = list(shown.sides.all())
    figures = shown.found
    context: dict[str, Any] = _progress_context(request, shown) | {
        "sides": sides,
        "first": sides[0].coder,
        "others": sides[1:],
        "figures": figures,
    }
    if figures is not None:
        versions = set(ModelVersion.objects.values_list("coder_id", flat=True))
        context |= {
            "has_changed": has_changed(shown),
            "cautions": [
                (side.coder, cautions(side, is_version=side.coder_id in versions)) for side in sides
            ],
            "crops": crops_of(sides),
            "rows": table.table_of(figures, [side.coder.name for side in sides]),
            "parts": _parts(request, shown, figures) if figures.faces else [],
            "width": table.WIDTH,
        }
    return render(request, "training/comparison.html", context)


@require_safe
@role_required
def comparison_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """Render the part that htmx requests each second; the whole page comes when it has ended."""
    shown = get_object_or_404(visible_comparisons(request.user).defer("figures", "moves"), pk=pk)
    answer = render(
        request, "training/_comparison_progress.html", _progress_context(request, shown)
    )
    if not shown.is_active:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@role_required
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(visible_comparisons(request.user), pk=pk)
    with refusal_as_message(request):
        cancel_comparison(shown, request.user)
        messages.success(request, "Cancelling: it stops within seconds.")
    return redirect("comparison", pk=pk)


@require_safe
@role_required
def moved_faces(request: SignedInRequest, pk: int) -> HttpResponse:
    return _moved_page(request, pk)


@require_POST
@role_required
def moved_queue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a queue of faces that moved."""
    queue_policy.check_page(request.user, "make")
    _, _, ids = _moved(request, pk)
    try:
        queue = queue_of(request.user, ids, request.POST.get("name", "").strip()[:80])
    except Problem as error:
        return _moved_page(request, pk, problem=error.detail, status=status_of(error))
    messages.success(request, f"“{queue}” is ready: {queue.items.count()} faces.")
    return redirect("queue", pk=queue.pk)


def _parts(
    request: SignedInRequest, shown: Comparison, figures: ComparisonFigures
) -> list[dict[str, Any]]:
    """Draw up each coder against the first, with the first of the faces that moved."""
    first, *others = shown.sides.all()
    moved = {
        (side.place, name): moved_of(shown, side.place, name) for side in others for name in MOVES
    }
    wanted = {pk for each in moved.values() for pk in each.faces[:_FIRST_FACES]}
    faces = {face.pk: face for face in shown_faces(sorted(wanted), request.user)}
    return [
        {
            "coder": side.coder,
            "summary": table.summary_of(figures, side.place),
            "mcnemar": table.mcnemar_text(
                figures.mcnemar[side.place - 1], first.coder.name, side.coder.name
            )
            if figures.mcnemar
            else "",
            "plots": table.plots_of(figures, side.place),
            "groups": table.groups_of(figures, side.place),
            "moves": [
                {
                    "words": MOVES[name],
                    "total": moved[side.place, name].total,
                    "faces": [
                        faces[pk]
                        for pk in moved[side.place, name].faces[:_FIRST_FACES]
                        if pk in faces
                    ],
                    "query": urlencode({"coder": side.coder_id, "moved": name}),
                }
                for name in MOVES
            ],
        }
        for side in others
    ]


def _moved(request: SignedInRequest, pk: int) -> tuple[Comparison, dict[str, Any], list[int]]:
    """Return a comparison, what of it is asked for, and the faces that the user may know of."""
    shown = get_object_or_404(visible_comparisons(request.user), pk=pk)
    first, *others = shown.sides.all()
    form = MovedForm([side.coder for side in others], request.GET)
    if not form.is_valid():
        raise Http404("It has no such coder, or faces can't move like that.")
    side = next(side for side in others if side.coder_id == form.cleaned_data["coder"])
    name = form.cleaned_data["moved"]
    moved = moved_of(shown, side.place, name)
    ids = readable_ids(moved.faces, request.user)
    about = {
        "comparison": shown,
        "first": first.coder,
        "coder": side.coder,
        "words": MOVES[name],
        "total": moved.total,
        "stored": len(moved.faces),
        "query": urlencode(form.cleaned_data),
    }
    return shown, about, ids


def _moved_page(
    request: SignedInRequest, pk: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    shown, about, ids = _moved(request, pk)
    page = Paginator(ids, _FACES_A_PAGE).get_page(request.GET.get("page"))
    faces = shown_faces(list(page.object_list), request.user)
    coders = [about["first"], about["coder"]]
    context = about | {
        "page": page,
        "cards": with_readings(faces, coders, request.user),
        "name": f"{shown}: {about['coder']}, {about['words']}"[:80],
        "problem": problem,
    }
    return render(request, "training/comparison_faces.html", context, status=status)


def _list_page(
    request: SignedInRequest, form: ComparisonForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    found = visible_comparisons(request.user).defer("figures", "moves")
    found = found.annotate(faces=F("figures__faces"))  # figures are long
    if (coder := read_id(request.GET.get("coder"))) is not None:
        found = found.filter(coders=coder)
    found = found[:_LAST]
    rows = [{"comparison": each, "coders": [s.coder for s in each.sides.all()]} for each in found]
    context = {
        "rows": rows,
        "form": form,
        "only": coder is not None,
        "may_start": comparison_policy.allows(request.user, "start"),
        "problem": problem,
    }
    return render(request, "training/comparisons.html", context, status=status)


def _progress_context(request: SignedInRequest, shown: Comparison) -> dict[str, Any]:
    return {
        "comparison": shown,
        "run": shown,
        "may_cancel": shown.is_active
        and not shown.cancel_requested
        and comparison_policy.allows(request.user, "cancel", shown),
    }
