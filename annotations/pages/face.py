"""One face: its page, the decisions on it, taking them back, flags.

Each write answers the page's script in JSON, and a plain form with a page.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from annotations import facs
from annotations.codings.selectors import neighbours, with_comparison
from annotations.models import Assignment, Coding, Face, Flag, Review
from annotations.pages.face_context import face_page, work_of
from annotations.pages.forms.faces import FaceFilter
from annotations.pages.forms.reading import ReviewForm
from annotations.pages.queues import work_url
from annotations.problems import StaleCoding
from annotations.queues.assignments import open_assignment, skip, take_next
from annotations.queues.progress import Progress, progress_of
from annotations.review.decisions import UNDOABLE, review_face, undo_review
from annotations.review.editing import Start, meant_by, remember_rest, start_of
from annotations.review.flags import flag_face, resolve_flag
from annotations.review.history import stands_by_own
from annotations.visibility import is_blind_to, veil
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import read_id
from facsweb.rest.statuses import status_of

SAID = {
    Review.Decision.ACCEPT_TRUTH: "Ground truth kept for {face}.",
    Review.Decision.ACCEPT_MODEL: "The model's reading is now the ground truth of {face}.",
    Review.Decision.CORRECT: "Correction saved: it is now the ground truth of {face}.",
    Review.Decision.PROPOSE: "Coding of {face} saved. A reviewer decides on it.",
    Review.Decision.AGREE: "You agree with the ground truth of {face}. Nothing new was coded.",
    Review.Decision.ADJUDICATE: "Accepted: it is now the ground truth of {face}.",
    Review.Decision.PASS_ON: "{face} passed on to acceptance.",
    Review.Decision.SEND_BACK: "{face} sent back to its coders.",
}


#: The editor was filled with the truth, for a decision; as an opinion that would be a copy.
NO_LONGER_DECIDES = (
    "This page was opened to decide on the face, which isn't yours to do any more. "
    "Open the face again and code it yourself."
)


@require_safe
def face(request: SignedInRequest, pk: int) -> HttpResponse:
    return _face_page(request, pk)


@require_POST
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    reviewed = _visible_face(request, pk)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, form, form.problem, 400, "invalid")
    given = form.cleaned_data
    if not wants_json(request):  # else the page's script has said so when it was switched
        remember_rest(request.user, given["rest_absent"])
    assignment = open_assignment(request.user, reviewed, given["queue"])
    start = _start(reviewed, request.user, assignment, given["decision"])
    try:
        if given["filled"] and not start.decides:
            raise StaleCoding(NO_LONGER_DECIDES)
        done = review_face(
            reviewed,
            request.user,
            meant_by(given["decision"], form.said(), start, rest_switched=form.rest_switched),
            seen=given["seen"],
            reading=form.reading(),
            about=facs.MODEL_ACTION_UNITS,
            revises=start.own,
            model_coding=_prediction(reviewed, request.user, given),
            comment=given["comment"],
            origin=origin_of(assignment),
            assignment=assignment,
            request_id=given["request_id"],
        )
    except Problem as error:
        return _refused(request, pk, form, error.detail, status_of(error), error.code)
    return saved(request, done, assignment)


@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    decision = get_object_or_404(
        Review.objects.filter(face__in=Face.objects.visible_to(request.user)), pk=pk
    )
    try:
        undo_review(decision, request.user)
    except Problem as error:
        if wants_json(request):
            return JsonResponse(
                {"code": error.code, "detail": error.detail}, status=status_of(error)
            )
        messages.error(request, error.detail)
    else:
        veil([decision.face], request.user)
        said = f"Undone: {decision.face} is as it was before."
        if wants_json(request):
            return JsonResponse({"said": said})
        messages.success(request, said)
    return redirect("face", pk=decision.face_id)


@require_POST
def skip_face(request: SignedInRequest, pk: int) -> HttpResponse:
    """Later, please: the face comes again at the end of the queue."""
    skipped = _visible_face(request, pk)
    assignment = open_assignment(request.user, skipped, read_id(request.POST.get("queue")))
    if assignment is None:
        messages.error(request, "This face isn't in your hands, so there is nothing to skip.")
        return redirect("face", pk=pk)
    skip(assignment)
    if wants_json(request):
        return JsonResponse({"said": f"{skipped} comes again at the end."})
    return _next_of_queue(request, assignment)


@require_POST
def flag(request: SignedInRequest, pk: int) -> HttpResponse:
    flagged = _visible_face(request, pk)
    try:
        flag_face(flagged, request.user, request.POST.get("comment", ""))
    except Problem as error:
        if wants_json(request):
            return JsonResponse(
                {"code": error.code, "detail": error.detail}, status=status_of(error)
            )
        messages.error(request, error.detail)
    else:
        said = f"{flagged} is flagged."
        if wants_json(request):
            return JsonResponse({"said": said})
        messages.success(request, said)
    return redirect(_back_to(request, pk))


@require_POST
def resolve(request: SignedInRequest, pk: int) -> HttpResponse:
    raised = get_object_or_404(
        Flag.objects.filter(face__in=Face.objects.visible_to(request.user)), pk=pk
    )
    try:
        resolve_flag(raised, request.user)
    except Problem as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "The flag is resolved.")
    return redirect(_back_to(request, raised.face_id))


def saved(request: SignedInRequest, done: Review, assignment: Assignment | None) -> HttpResponse:
    """Tell what was saved, and go on."""
    veil([done.face], request.user)  # who has just coded it may know its name
    said = _said(done)
    odd = _anomalies(done.result)
    if wants_json(request):
        can_undo = done.decision in UNDOABLE
        answer: dict[str, object] = {
            "said": said,
            "warnings": odd,
            "undo": reverse("undo", args=[done.pk]) if can_undo else "",
        }
        if assignment is not None:
            queue = assignment.item.queue
            answer["progress"] = _progress(progress_of(queue, assignment.stage, request.user))
        return JsonResponse(answer)
    messages.success(request, said)
    for text in odd:
        messages.warning(request, f"{done.face}: {text}")
    if assignment is not None:
        return _next_of_queue(request, assignment)
    return _onwards(request, done.face_id)


def origin_of(assignment: Assignment | None) -> str:
    if assignment is None:
        return "face page"
    return f"queue “{assignment.item.queue}”, {assignment.stage}"


def _face_page(
    request: SignedInRequest,
    pk: int,
    *,
    form: ReviewForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    faces = Face.objects.visible_to(request.user)
    chosen = FaceFilter(request.GET)
    shown = get_object_or_404(with_comparison(faces, chosen.coder, request.user), pk=pk)
    queue = read_id(request.GET.get("queue")) or (form.cleaned_data.get("queue") if form else None)
    context = {
        "filter": chosen,
        "page": face_page(
            shown, faces, request.user, chosen, queue, form, go_on="on" in request.GET
        ),
        "anomalies": [
            {"present": each.present, "absent": each.absent, "text": each.text}
            for each in facs.ANOMALIES
        ],
        "intensities": facs.INTENSITIES,
        "problem": problem,
    }
    return render(request, "annotations/face.html", context, status=status)


def _start(face: Face, user: User, assignment: Assignment | None, decision: str) -> Start:
    """What the page of `face` gave `user` to start from."""
    return start_of(
        face,
        user,
        face.codings.accepted().prefetch_related("scores").first(),
        is_blind=is_blind_to(user, face),
        assignment=assignment,
        proposes=decision == Review.Decision.PROPOSE,
    )


def _said(done: Review) -> str:
    if done.decision == Review.Decision.AGREE and stands_by_own(done):
        return f"Nothing changed: your coding of {done.face} stands."
    return SAID[Review.Decision(done.decision)].format(face=done.face)


def _refused(
    request: SignedInRequest, pk: int, form: ReviewForm, problem: str, status: int, code: str
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"code": code, "detail": problem}, status=status)
    return _face_page(request, pk, form=form, problem=problem, status=status)


def _prediction(face: Face, user: User, given: dict[str, Any]) -> Coding | None:
    if given["decision"] != Review.Decision.ACCEPT_MODEL:
        return None
    predictions = Coding.objects.visible_to(user).predictions()
    return predictions.filter(face=face, pk=given["model"]).first()


def _onwards(request: SignedInRequest, pk: int) -> HttpResponse:
    """To the same face, or to the next of the filtered list while there is one."""
    chosen, query = FaceFilter(request.GET), FaceFilter(request.GET).query
    if "and_next" in request.POST:
        faces = chosen.narrow(Face.objects.visible_to(request.user), request.user)
        pk = neighbours(faces, pk).next or pk
        query = f"{query}&on=1".lstrip("&")
    address = reverse("face", args=[pk])
    answer = redirect(f"{address}?{query}" if query else address)
    answer.status_code = 303
    return answer


def _next_of_queue(request: SignedInRequest, assignment: Assignment) -> HttpResponse:
    following = take_next(
        assignment.item.queue,
        request.user,
        assignment.stage,
        besides=[assignment.item.face_id] if assignment.skipped_at else [],
    )
    if following is None:
        messages.success(request, "Nothing is left for you in this queue. Thank you.")
        return redirect("queue", pk=assignment.item.queue_id)
    return redirect(work_url(following))


def _back_to(request: SignedInRequest, pk: int) -> str:
    face = Face.objects.visible_to(request.user).get(pk=pk)
    queue = read_id(request.POST.get("queue"))
    address = reverse("face", args=[pk])
    return f"{address}?queue={queue}" if queue and work_of(face, request.user, queue) else address


def _anomalies(coding: Coding | None) -> list[str]:
    if coding is None:
        return []
    return facs.anomalies({score.au for score in coding.scores.all() if score.present})


def _progress(progress: Progress) -> dict[str, object]:
    return {"done": progress.done, "total": progress.total, "text": progress.text}


def _visible_face(request: SignedInRequest, pk: int) -> Face:
    faces = Face.objects.visible_to(request.user).select_related("subject")
    return veil([get_object_or_404(faces, pk=pk)], request.user)[0]


def wants_json(request: SignedInRequest) -> bool:
    return request.headers.get("Accept") == "application/json"
