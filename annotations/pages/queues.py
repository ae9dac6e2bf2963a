"""Pages about queues: the list, a new one, one queue; and being handed a face."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.codings.face_lists import faces_of
from annotations.faces.permissions import tag_policy
from annotations.models import Queue, QueueMaking, Stage, State
from annotations.pages.forms.faces import FaceFilter
from annotations.pages.forms.queues import QueueEditForm, QueueForm
from annotations.pages.work import work_url
from annotations.queues.assignments import take_next
from annotations.queues.editing import edit_queue
from annotations.queues.errors import InvalidQueue, ShowsFaces
from annotations.queues.gold import gold_scores
from annotations.queues.making import cancel_making, request_queue, visible_makings
from annotations.queues.orders import Order
from annotations.queues.people import stages_of, team_of
from annotations.queues.permissions import queue_policy
from annotations.queues.progress import Counts, counts_of, shares_of
from annotations.queues.standing import standings
from annotations.queues.stuck import Obstacle, problems_of
from annotations.unveiling import shown_before, shown_by_closing
from annotations.visibility import (
    hides_queue,
    look_at,
    visible_faces,
    visible_queues,
)
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import read_id
from facsweb.rest.pages import refusal_as_message, wants_json
from facsweb.rest.statuses import status_of

_FIRST_FACES = 12
#: How many of the queues that a worker makes are told of, and for how long after it has ended.
_MAKINGS, _SHOWN_FOR = 5, timedelta(hours=1)


@require_safe
@role_required
def queues(request: SignedInRequest) -> HttpResponse:
    visible = visible_queues(request.user).select_related("created_by")
    rows = [_row(request.user, queue) for queue in visible]
    context = {"rows": rows, **_makings(request.user)}
    return render(request, "annotations/queues/list.html", context)


def _row(user: User, queue: Queue) -> dict[str, Any]:
    counts = counts_of(queue)
    return {
        "queue": queue,
        "order": _order_for(user, queue),
        "stages": standings(queue, user, counts),
        "problems": _problems_for(user, queue, counts),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def new_queue(request: SignedInRequest) -> HttpResponse:
    queue_policy.check_page(request.user, "make")
    chosen = FaceFilter(request.GET)
    usual = Order.RANDOM if chosen.is_filtering else Order.DISAGREEMENT
    if request.method != "POST":
        initial = {"order": request.GET.get("order", usual)}
        return _new_page(request, QueueForm(initial=initial), chosen)
    form = QueueForm(request.POST)
    if not form.is_valid():
        return _new_page(request, form, chosen)
    try:
        _check_choice(chosen)
        made = request_queue(request.user, form.plan(), chosen.face_query)
    except Problem as error:
        return _new_page(request, form, chosen, error)
    if isinstance(made, QueueMaking):
        messages.success(request, f"A worker makes “{made.name}”. Below stands how far it is.")
        return redirect("queues")
    messages.success(request, f"“{made}” is ready: {made.items.count()} faces.")
    return redirect("queue", pk=made.pk)


@require_safe
@role_required
def makings(request: SignedInRequest) -> HttpResponse:
    """Render the queues that are being made, which htmx requests meanwhile."""
    queue_policy.check_page(request.user, "make")
    return render(request, "annotations/queues/_makings.html", _makings(request.user))


@require_POST
@role_required
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """End the making of a queue: then there is none."""
    run = get_object_or_404(visible_makings(request.user).active(), pk=pk)
    with refusal_as_message(request):
        cancel_making(run, request.user)
        messages.success(request, f"“{run.name}” won’t be made.")
    return redirect("queues")


def _makings(user: User) -> dict[str, Any]:
    """Return the latest that somebody had a worker make, until a while after their end."""
    lately = timezone.now() - _SHOWN_FOR
    rows = visible_makings(user).select_related("made")
    rows = rows.filter(Q(finished_at=None) | Q(finished_at__gte=lately)).order_by("-pk")[:_MAKINGS]
    return {"makings": list(rows), "is_making": any(run.is_active for run in rows)}


@require_safe
@role_required
def queue(request: SignedInRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(visible_queues(request.user), pk=pk)
    sees_progress = queue_policy.allows(request.user, "see_progress")
    sees_readings = queue_policy.allows(request.user, "see_readings", shown)
    items = shown.items.select_related("face__subject")
    shows = shown_by_closing(shown) if sees_progress else 0
    first = items[:_FIRST_FACES] if sees_readings and not shown.is_blind else []
    look_at(request.user, [item.face_id for item in first])
    counts = counts_of(shown)
    team = team_of(shown)
    context = {
        "queue": shown,
        "order": _order_for(request.user, shown),
        "hides": hides_queue(request.user, shown),
        "shows": shows,
        "shown_before": shown_before(shown) if sees_readings else {},
        "team": [(stage.label, team[stage]) for stage in stages_of(shown)],
        "stages": standings(shown, request.user, counts),
        "problems": _problems_for(request.user, shown, counts),
        "states": [
            (Stage(stage).label, State(state).label, count)
            for (stage, state), count in counts.by_state().items()
        ],
        "shares": shares_of(counts) if sees_progress else [],
        "first": first,
        "gold": gold_scores(shown) if sees_readings else [],
        "gold_faces": counts.faces(gold=True) if sees_readings else 0,
    }
    return render(request, "annotations/queues/queue.html", context)


@require_POST
@role_required
def next_face(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand the user their next face: its address as JSON for the page's script, else go there."""
    wanted = get_object_or_404(visible_queues(request.user), pk=pk)
    stage = request.POST.get("stage", wanted.first_stage)
    besides = [face for face in map(read_id, request.POST.getlist("besides")) if face][:50]
    try:
        assignment = take_next(wanted, request.user, stage, besides=besides)
    except Problem as error:
        return _answer(request, pk, problem=error.detail, status=status_of(error))
    if assignment is None:
        return _answer(request, pk, problem="")
    return _answer(request, pk, url=work_url(assignment))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a queue's name, and who works on which stage."""
    queue_policy.check_page(request.user, "change")
    shown = get_object_or_404(visible_queues(request.user), pk=pk)
    form = QueueEditForm(request.POST if request.method == "POST" else None, queue=shown)
    if not form.is_valid():
        return _edit_page(request, shown, form)
    try:
        went_back = edit_queue(
            request.user,
            shown,
            name=form.cleaned_data["name"],
            members=form.members(),
            shows=read_id(request.POST.get("shows")),
        )
    except Problem as error:
        return _edit_page(request, shown, form, error)
    messages.success(request, f"“{shown}” is changed.")
    if went_back:
        told = ", ".join(f"{who} {count}" for who, count in went_back.items())
        messages.info(request, f"Faces in hand that went back to the others: {told}.")
    return redirect("queue", pk=pk)


@require_POST
@role_required
def close_queue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close a queue, or open it again: what was done stays."""
    queue_policy.check_page(request.user, "change")
    closed = get_object_or_404(visible_queues(request.user), pk=pk)
    shows = read_id(request.POST.get("shows"))
    with refusal_as_message(request, messages.WARNING):
        edit_queue(request.user, closed, is_open=not closed.is_open, shows=shows)
        messages.success(request, f"“{closed}” is {'open again' if closed.is_open else 'closed'}.")
    return redirect("queue", pk=pk)


def _order_label(queue: Queue) -> str:
    return str(Order(queue.order).label) if queue.order in Order.values else queue.order


def _problems_for(user: User, queue: Queue, counts: Counts | None = None) -> list[Obstacle]:
    """Return a queue's problems if `user` may see its readings, else none.

    They count gold faces, of which somebody who codes the queue blind must not know.
    """
    return problems_of(queue, counts) if queue_policy.allows(user, "see_readings", queue) else []


def _order_for(user: User, queue: Queue) -> str:
    return "" if hides_queue(user, queue) else _order_label(queue)


def _answer(
    request: SignedInRequest, pk: int, *, url: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"url": url, "detail": problem}, status=status)
    if url:
        return redirect(url)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, "Nothing is left for you here. Thank you.")
    return redirect("queue", pk=pk)


def _check_choice(chosen: FaceFilter) -> None:
    """Raise InvalidQueue where the gallery's filter is spoilt."""
    if chosen.problems:
        raise InvalidQueue(f"The choice of faces makes no sense: {' '.join(chosen.problems)}")


def _new_page(
    request: SignedInRequest, form: QueueForm, chosen: FaceFilter, refused: Problem | None = None
) -> HttpResponse:
    context = {"form": form, "problem": refused.detail if refused else "", "filter": chosen}
    may_choose = tag_policy.allows(request.user, "choose_by", chosen.face_query.groups)
    if chosen.is_filtering and not chosen.problems and may_choose:
        found = faces_of(chosen.face_query, visible_faces(request.user), request.user)
        context["chosen"] = found.count()
    return _form_page(request, "annotations/queues/new.html", context, refused)


def _edit_page(
    request: SignedInRequest, queue: Queue, form: QueueEditForm, refused: Problem | None = None
) -> HttpResponse:
    context = {
        "queue": queue,
        "form": form,
        "problem": refused.detail if refused else "",
        "shows": refused.faces if isinstance(refused, ShowsFaces) else None,
        "problems": _problems_for(request.user, queue),
    }
    return _form_page(request, "annotations/queues/edit.html", context, refused)


def _form_page(
    request: SignedInRequest, template: str, context: dict[str, Any], refused: Problem | None
) -> HttpResponse:
    """Show a form: to be filled in, with what is wrong in it, or with why it was refused."""
    form = context["form"]
    if refused is None:
        status = 400 if form.errors else 200
    else:
        form.show(refused)
        status = status_of(refused)
    return render(request, template, context, status=status)
