"""The answer to a decision that was saved: what came of it, and the way on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from annotations import facs
from annotations.codings.face_lists import faces_of
from annotations.models import Assignment, Coding, Review
from annotations.pages.forms.faces import FaceFilter
from annotations.pages.work import next_of_queue
from annotations.queues.progress import Progress, progress_of
from annotations.review.decisions import UNDOABLE
from annotations.review.history import stands_by_own
from annotations.visibility import veil, visible_faces
from facsweb.accounts.types import SignedInRequest
from facsweb.rest.pages import wants_json

_SAID = {
    Review.Decision.ACCEPT_TRUTH: "Ground truth kept for {face}.",
    Review.Decision.ACCEPT_MODEL: "The model's reading is now the ground truth of {face}.",
    Review.Decision.CORRECT: "Correction saved: it is now the ground truth of {face}.",
    Review.Decision.PROPOSE: "Coding of {face} saved. A reviewer decides on it.",
    Review.Decision.AGREE: "You agree with the ground truth of {face}. Nothing new was coded.",
    Review.Decision.ADJUDICATE: "Accepted: it is now the ground truth of {face}.",
    Review.Decision.PASS_ON: "{face} passed on to acceptance.",
    Review.Decision.SEND_BACK: "{face} sent back to its coders.",
}


def saved(request: SignedInRequest, done: Review, assignment: Assignment | None) -> HttpResponse:
    """Report what was saved, and go on."""
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
        return next_of_queue(request, assignment)
    return _onwards(request, done.face_id)


def _said(done: Review) -> str:
    if done.decision == Review.Decision.AGREE and stands_by_own(done):
        return f"Nothing changed: your coding of {done.face} stands."
    return _SAID[Review.Decision(done.decision)].format(face=done.face)


def _onwards(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go on to the same face, or to the next of the filtered list while there is one."""
    chosen, query = FaceFilter(request.GET), FaceFilter(request.GET).query
    if "and_next" in request.POST:
        faces = faces_of(chosen.face_query, visible_faces(request.user), request.user)
        pk = next(iter(faces.after(pk, 1)), pk)
        query = f"{query}&on=1".lstrip("&")
    address = reverse("face", args=[pk])
    answer = redirect(f"{address}?{query}" if query else address)
    answer.status_code = 303
    return answer


def _anomalies(coding: Coding | None) -> list[str]:
    if coding is None:
        return []
    return facs.anomalies({score.au for score in coding.scores.all() if score.present})


def _progress(progress: Progress) -> dict[str, object]:
    return {"done": progress.done, "total": progress.total, "text": progress.text}
