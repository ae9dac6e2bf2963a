"""The private files of a face: its picture, thumbnails, neutral frame and detection."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotations.faces.detections import overlay
from annotations.faces.looks import is_ahead, record_seen
from annotations.faces.neutral_frames import neutral_of
from annotations.faces.serving import serve_picture, serve_thumbnail
from annotations.models import Detection, Face
from annotations.visibility import visible_faces
from facsweb.accounts.types import SignedInRequest


@require_safe
def face_image(request: SignedInRequest, pk: int) -> HttpResponseBase:
    return serve_picture(request, _visible(request, pk), ahead=is_ahead(request))


@require_safe
def face_thumbnail(request: SignedInRequest, pk: int, side: int) -> HttpResponseBase:
    return serve_thumbnail(request, _visible(request, pk), side)


@require_safe
def face_neutral(request: SignedInRequest, pk: int) -> HttpResponseBase:
    neutral = neutral_of(_visible(request, pk))
    if neutral is None:
        raise Http404("No neutral frame was imported with this face.")
    return serve_picture(request, neutral)


@require_safe
def face_detection(request: SignedInRequest, pk: int) -> HttpResponse:
    """Draw box, crop and landmarks, to be laid over the picture."""
    faces = visible_faces(request.user)
    found = get_object_or_404(Detection.objects.select_related("face"), face__in=faces, face=pk)
    record_seen(request.user, [pk])
    answer = render(
        request, "annotations/detection.svg", overlay(found), content_type="image/svg+xml"
    )
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _visible(request: SignedInRequest, pk: int) -> Face:
    return get_object_or_404(visible_faces(request.user), pk=pk)
