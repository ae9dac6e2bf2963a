"""Faces on which coders differ: the list, and one with all its codings side by side."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from annotations import facs
from annotations.codings.selectors import default_coder, who_coded
from annotations.faces.looks import is_ahead, record_page, record_seen
from annotations.faces.overlays import picture_of
from annotations.models import Assignment, Face, Review
from annotations.pages.forms.reading import ReadingForm
from annotations.pages.saved import saved
from annotations.pages.work import origin_of, work_of
from annotations.review import decisions
from annotations.review.adjudication import check_decided, pass_on, send_back, side_by_side
from annotations.review.context import ReviewContext, Statement
from annotations.review.history import history_of
from annotations.review.permissions import review_policy
from annotations.review.to_decide import faces_to_decide
from annotations.visibility import is_blind_to, look_at, visible_faces
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.ids import read_id
from facsweb.rest.pages import problem_as_json, wants_json
from facsweb.rest.statuses import status_of

FACES_A_PAGE = 48


@require_safe
@role_required
def adjudication(request: SignedInRequest) -> HttpResponse:
    review_policy.check_page(request.user, "adjudicate")
    after = read_id(request.GET.get("after")) or 0
    found = faces_to_decide(request.user, after=after, most=FACES_A_PAGE)
    coders = who_coded(found.faces)
    record_seen(request.user, [face.pk for face in found.faces])
    context = {
        "found": found,
        "is_first": not after,
        "cards": [(face, coders.get(face.pk, [])) for face in found.faces],
    }
    return render(request, "annotations/adjudication.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@role_required
def adjudicate(request: SignedInRequest, pk: int) -> HttpResponse:
    review_policy.check_page(request.user, "adjudicate")
    face = get_object_or_404(visible_faces(request.user).select_related("subject"), pk=pk)
    if is_blind_to(request.user, face):
        messages.warning(request, "You code this face blind: save your own coding first.")
        return redirect("face", pk=pk)
    record_page(request, face.pk)
    if request.method != "POST":
        return _page(request, face)
    form = ReadingForm(request.POST)
    if not form.is_valid():
        return _refused(request, face, form, Problem(form.problem))
    try:
        review, assignment = _decide(request, face, form)
    except Problem as error:
        return _refused(request, face, form, error)
    return saved(request, review, assignment)


def _decide(
    request: SignedInRequest, face: Face, form: ReadingForm
) -> tuple[Review, Assignment | None]:
    given = form.cleaned_data
    work = work_of(face, request.user, given["queue"])
    assignment = work.assignment if work else None
    origin = origin_of(assignment) if assignment else "adjudication"
    decision = request.POST.get("decision", Review.Decision.ADJUDICATE)
    if assignment and decision == Review.Decision.PASS_ON:
        return pass_on(assignment, request.user, given["comment"], origin), assignment
    if assignment and decision == Review.Decision.SEND_BACK:
        return send_back(assignment, request.user, given["comment"], origin), assignment
    sides = side_by_side(face, request.user, default_coder(), form.held())
    check_decided(sides, request.POST.get("votes", ""))
    context = ReviewContext(
        face,
        request.user,
        seen=given["seen"],
        comment=given["comment"],
        origin=origin,
        assignment=assignment,
        request_id=given["request_id"],
    )
    said = Statement(form.reading(), about=facs.MODEL_ACTION_UNITS)
    return decisions.adjudicate(context, said), assignment


def _refused(
    request: SignedInRequest, face: Face, form: ReadingForm, error: Problem
) -> HttpResponse:
    if wants_json(request):
        return problem_as_json(error)
    return _page(request, face, form=form, problem=error.detail, status=status_of(error))


def _page(
    request: SignedInRequest,
    face: Face,
    *,
    form: ReadingForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    look_at(request.user, [face.pk])
    queue = read_id(request.POST.get("queue") or request.GET.get("queue"))
    context = {
        "face": face,
        "sides": side_by_side(face, request.user, default_coder(), form.held() if form else None),
        "comment": form.data.get("comment", "") if form else "",
        "work": work_of(face, request.user, queue),
        "truth": face.codings.accepted().first(),
        "picture": picture_of(face),
        "ahead": is_ahead(request),
        "history": history_of(face, request.user),
        "emotions": facs.EMOTIONS,
        "intensities": facs.INTENSITIES,
        "problem": problem,
    }
    return render(request, "annotations/adjudicate.html", context, status=status)
