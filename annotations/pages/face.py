"""One face: its page, the decisions on it, taking them back, flags.

Each write answers the page's script in JSON, and a plain form with a page.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from annotations import facs
from annotations.codings.selectors import with_comparison
from annotations.faces.looks import is_ahead, record_page, record_shown
from annotations.models import Assignment, Coding, Face, Flag, Review
from annotations.pages.face_context import Opening, face_page
from annotations.pages.forms.faces import FaceFilter
from annotations.pages.forms.reading import ReviewForm
from annotations.pages.saved import saved
from annotations.pages.work import next_of_queue, origin_of
from annotations.problems import StaleCoding
from annotations.queues.assignments import open_assignment, skip
from annotations.review import decisions
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import undo_review
from annotations.review.editing import Start, meant_by, remember_rest, start_of
from annotations.review.flags import flag_face, resolve_flag
from annotations.visibility import is_blind_to, veil, visible_codings, visible_faces
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import read_id
from facsweb.rest.pages import problem_as_json, refusal_as_message, told, wants_json
from facsweb.rest.statuses import status_of

#: The editor was filled with the truth, for a decision; as an opinion that would be a copy.
NO_LONGER_DECIDES = (
    "This page was opened to decide on the face, which isn't yours to do any more. "
    "Open the face again and code it yourself."
)


@require_safe
@gzip_page
def face(request: SignedInRequest, pk: int) -> HttpResponse:
    return _face_page(request, pk)


@require_POST
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    reviewed = _visible_face(request, pk)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, form, Problem(form.problem))
    given = form.cleaned_data
    if not wants_json(request):  # else the page's script has said so when it was switched
        remember_rest(request.user, given["rest_absent"])
    assignment = open_assignment(request.user, reviewed, given["queue"])
    start = _start(reviewed, request.user, assignment, given["decision"])
    context = ReviewContext(
        reviewed,
        request.user,
        seen=given["seen"],
        comment=given["comment"],
        origin=origin_of(assignment),
        assignment=assignment,
        request_id=given["request_id"],
    )
    try:
        if given["filled"] and not start.decides:
            raise StaleCoding(NO_LONGER_DECIDES)
        done = _carry_out(context, form, start)
    except Problem as error:
        return _refused(request, pk, form, error)
    return saved(request, done, assignment)


@require_POST
def shown(request: SignedInRequest, pk: int) -> HttpResponse:
    """Record that the page's script shows a face that it had fetched ahead."""
    record_shown(request.user, _visible_face(request, pk))
    return HttpResponse(status=204)


@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    decision = get_object_or_404(Review.objects.filter(face__in=visible_faces(request.user)), pk=pk)

    def act() -> str:
        undo_review(decision, request.user)
        veil([decision.face], request.user)
        return f"Undone: {decision.face} is as it was before."

    return told(request, act, then=reverse("face", args=[decision.face_id]))


@require_POST
def skip_face(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put the face off: it comes again at the end of the queue."""
    skipped = _visible_face(request, pk)
    assignment = open_assignment(request.user, skipped, read_id(request.POST.get("queue")))
    if assignment is None:
        messages.error(request, "This face isn't in your hands, so there is nothing to skip.")
        return redirect("face", pk=pk)
    skip(assignment)
    if wants_json(request):
        return JsonResponse({"said": f"{skipped} comes again at the end."})
    return next_of_queue(request, assignment)


@require_POST
def flag(request: SignedInRequest, pk: int) -> HttpResponse:
    flagged = _visible_face(request, pk)

    def act() -> str:
        flag_face(flagged, request.user, request.POST.get("comment", ""))
        return f"{flagged} is flagged."

    return told(request, act, then=_back_to(request, pk))


@require_POST
def resolve(request: SignedInRequest, pk: int) -> HttpResponse:
    raised = get_object_or_404(Flag.objects.filter(face__in=visible_faces(request.user)), pk=pk)
    with refusal_as_message(request):
        resolve_flag(raised, request.user)
        messages.success(request, "The flag is resolved.")
    return redirect(_back_to(request, raised.face_id))


def _face_page(
    request: SignedInRequest,
    pk: int,
    *,
    form: ReviewForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    faces = visible_faces(request.user)
    chosen = FaceFilter(request.GET)
    shown = get_object_or_404(with_comparison(faces, chosen.coder, request.user), pk=pk)
    record_page(request, shown.pk)
    queue = read_id(request.GET.get("queue")) or (form.cleaned_data.get("queue") if form else None)
    opening = Opening(chosen, queue, go_on="on" in request.GET, form=form)
    context = {
        "filter": chosen,
        "page": face_page(shown, faces, request.user, opening),
        "anomalies": [
            {"present": each.present, "absent": each.absent, "text": each.text}
            for each in facs.ANOMALIES
        ],
        "intensities": facs.INTENSITIES,
        "ahead": is_ahead(request),
        "problem": problem,
    }
    return render(request, "annotations/face.html", context, status=status)


def _start(face: Face, user: User, assignment: Assignment | None, decision: str) -> Start:
    """Return the start that the page of `face` gave `user`."""
    return start_of(
        face,
        user,
        face.codings.accepted().prefetch_related("scores").first(),
        is_blind=is_blind_to(user, face),
        assignment=assignment,
        proposes=decision == Review.Decision.PROPOSE,
    )


def _refused(request: SignedInRequest, pk: int, form: ReviewForm, error: Problem) -> HttpResponse:
    if wants_json(request):
        return problem_as_json(error)
    return _face_page(request, pk, form=form, problem=error.detail, status=status_of(error))


def _carry_out(context: ReviewContext, form: ReviewForm, start: Start) -> Review:
    """Carry out the decision that the submitted editor stands for."""
    given = form.cleaned_data
    said = Statement(form.reading(), about=facs.MODEL_ACTION_UNITS, revises=start.own)
    meant = meant_by(given["decision"], form.said(), start, rest_switched=form.rest_switched)
    match meant:
        case Review.Decision.ACCEPT_TRUTH:
            return decisions.accept_truth(context)
        case Review.Decision.ACCEPT_MODEL:
            return decisions.accept_prediction(context, _prediction(context, given["model"]))
        case Review.Decision.AGREE:
            return decisions.agree(context, start.own)
        case Review.Decision.PROPOSE:
            return decisions.propose(context, said)
        case _:
            return decisions.correct(context, said)


def _prediction(context: ReviewContext, pk: int | None) -> Coding | None:
    if pk is None:
        return None
    predictions = visible_codings(context.user).predictions()
    return predictions.filter(face=context.face, pk=pk).first()


def _back_to(request: SignedInRequest, pk: int) -> str:
    face = visible_faces(request.user).get(pk=pk)
    queue = read_id(request.POST.get("queue"))
    address = reverse("face", args=[pk])
    works = open_assignment(request.user, face, queue) is not None
    return f"{address}?queue={queue}" if works else address


def _visible_face(request: SignedInRequest, pk: int) -> Face:
    faces = visible_faces(request.user).select_related("subject")
    return veil([get_object_or_404(faces, pk=pk)], request.user)[0]
