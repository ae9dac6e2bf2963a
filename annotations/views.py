"""Pages over faces: the gallery, one face, its review, and its private image files."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_POST, require_safe

from annotations.detections import overlay
from annotations.exceptions import AnnotationError
from annotations.face_page import face_page
from annotations.forms import FaceFilter, ReviewForm
from annotations.images import CONTENT_TYPES
from annotations.models import Detection, Face, Review
from annotations.permissions import may_see_faces
from annotations.reviewing import review_face
from annotations.selectors import comparison_of, neighbours, with_comparison

FACES_A_PAGE = 48
SAID = {
    Review.Decision.ACCEPT_TRUTH: "Ground truth kept for {face}.",
    Review.Decision.ACCEPT_MODEL: "The model's reading is now the ground truth of {face}.",
    Review.Decision.CORRECT: "Correction saved: it is now the ground truth of {face}.",
    Review.Decision.PROPOSE: "Proposal saved for {face}. A reviewer decides on it.",
}


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    if not may_see_faces(request.user):
        return render(request, "annotations/no_role.html")
    visible = Face.objects.visible_to(request.user)
    chosen = FaceFilter(request.GET)
    faces = with_comparison(chosen.narrow(visible), chosen.coder).order_by("pk")
    page = Paginator(faces, FACES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": chosen,
        "page": page,
        "cards": [(face, comparison_of(face)) for face in page],
        "total": visible.count(),
    }
    return render(request, "annotations/gallery.html", context)


@require_safe
def face(request: HttpRequest, pk: int) -> HttpResponse:
    return _face_page(request, pk)


@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    faces = Face.objects.visible_to(request.user)
    reviewed = get_object_or_404(faces.select_related("subject"), pk=pk)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        problem = " ".join(m for found in form.errors.values() for m in found)
        return _face_page(request, pk, form=form, problem=problem, status=400)
    given = form.cleaned_data
    try:
        done = review_face(
            reviewed,
            request.user,
            given["decision"],
            seen=given["seen"],
            reading=form.reading(),
            model_coding=reviewed.codings.predictions().filter(pk=given["model"]).first(),
            comment=given["comment"],
        )
    except AnnotationError as error:
        return _face_page(request, pk, form=form, problem=error.detail, status=error.status)
    messages.success(request, SAID[done.decision].format(face=reviewed))
    return _onwards(FaceFilter(request.GET), faces, pk, given["and_next"])


def _face_page(request, pk, *, form=None, problem="", status=200) -> HttpResponse:
    faces = Face.objects.visible_to(request.user)
    chosen = FaceFilter(request.GET)
    shown = get_object_or_404(with_comparison(faces, chosen.coder), pk=pk)
    context = {
        "filter": chosen,
        "page": face_page(shown, faces, chosen, form, go_on="on" in request.GET),
        "problem": problem,
    }
    return render(request, "annotations/face.html", context, status=status)


def _onwards(chosen: FaceFilter, faces, pk: int, and_next: bool) -> HttpResponse:
    """To the same face, or to the next of the filtered list while there is one."""
    query = chosen.query
    if and_next:
        pk = neighbours(chosen.narrow(faces), pk).next or pk
        query = f"{query}&on=1".lstrip("&")
    address = reverse("face", args=[pk])
    answer = redirect(f"{address}?{query}" if query else address)
    answer.status_code = 303
    return answer


@require_safe
def face_image(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Face.objects.visible_to(request.user), pk=pk)
    extension = shown.file.name.rpartition(".")[2]
    return _private_file(request, shown.file, CONTENT_TYPES[extension], shown.sha256)


@require_safe
def face_thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Face.objects.visible_to(request.user), pk=pk)
    return _private_file(request, shown.thumbnail, "image/jpeg", f"{shown.sha256}-thumbnail")


@require_safe
def face_detection(request: HttpRequest, pk: int) -> HttpResponse:
    """Box, crop and landmarks, to be laid over the picture."""
    faces = Face.objects.visible_to(request.user)
    found = get_object_or_404(Detection.objects.select_related("face"), face__in=faces, face=pk)
    answer = render(
        request, "annotations/detection.svg", overlay(found), content_type="image/svg+xml"
    )
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _private_file(request, stored, content_type: str, tag: str) -> HttpResponse:
    etag = quote_etag(tag)
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        try:
            answer = FileResponse(stored.open("rb"), content_type=content_type)
        except FileNotFoundError:
            raise Http404("The image file is missing.") from None
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, max-age=3600"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
