"""The gallery, and the private files of a face."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from annotations.codings.selectors import comparison_of, with_comparison
from annotations.faces.detections import overlay
from annotations.faces.images import CONTENT_TYPES
from annotations.models import Detection, Face
from annotations.pages.forms.faces import FaceFilter
from annotations.visibility import look_at, veil
from facsweb.accounts.permissions import may_see_faces
from facsweb.accounts.types import SignedInRequest

FACES_A_PAGE = 48


@require_safe
def gallery(request: SignedInRequest) -> HttpResponse:
    if not may_see_faces(request.user):
        return render(request, "annotations/no_role.html")
    visible = Face.objects.visible_to(request.user)
    chosen = FaceFilter(request.GET)
    narrowed = chosen.narrow(visible, request.user)
    faces = with_comparison(narrowed, chosen.coder, request.user).order_by("pk")
    page = Paginator(faces, FACES_A_PAGE).get_page(request.GET.get("page"))
    shown = veil(page.object_list, request.user)
    look_at(request.user, [face.pk for face in shown])
    context = {
        "filter": chosen,
        "page": page,
        "cards": [(face, comparison_of(face)) for face in shown],
        "total": visible.count(),
    }
    return render(request, "annotations/gallery.html", context)


@require_safe
def face_image(request: SignedInRequest, pk: int) -> HttpResponseBase:
    shown = get_object_or_404(Face.objects.visible_to(request.user), pk=pk)
    extension = shown.file.name.rpartition(".")[2]
    return private_file(request, shown.file, CONTENT_TYPES[extension], shown.sha256)


@require_safe
def face_thumbnail(request: SignedInRequest, pk: int) -> HttpResponseBase:
    shown = get_object_or_404(Face.objects.visible_to(request.user), pk=pk)
    return private_file(request, shown.thumbnail, "image/jpeg", f"{shown.sha256}-thumbnail")


@require_safe
def face_detection(request: SignedInRequest, pk: int) -> HttpResponse:
    """Box, crop and landmarks, to be laid over the picture."""
    faces = Face.objects.visible_to(request.user)
    found = get_object_or_404(Detection.objects.select_related("face"), face__in=faces, face=pk)
    answer = render(
        request, "annotations/detection.svg", overlay(found), content_type="image/svg+xml"
    )
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def private_file(
    request: SignedInRequest, stored: FieldFile, content_type: str, tag: str
) -> HttpResponseBase:
    """A stored file for who may see it, and for nobody's shared cache."""
    etag = quote_etag(tag)
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
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
