"""Further private files of a face's picture panel."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from annotations.faces.images import CONTENT_TYPES
from annotations.faces.neutral_frames import neutral_of
from annotations.models import Face
from annotations.pages.gallery import private_file
from facsweb.accounts.types import SignedInRequest


@require_safe
def face_neutral(request: SignedInRequest, pk: int) -> HttpResponseBase:
    shown = get_object_or_404(Face.objects.visible_to(request.user), pk=pk)
    neutral = neutral_of(shown)
    if neutral is None:
        raise Http404("No neutral frame was imported with this face.")
    extension = neutral.file.name.rpartition(".")[2]
    return private_file(request, neutral.file, CONTENT_TYPES[extension], neutral.sha256)
