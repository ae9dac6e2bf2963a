"""The gallery: every face that the user may see, filtered."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.codings.selectors import comparison_of, with_comparison
from annotations.pages.forms.faces import FaceFilter
from annotations.visibility import look_at, veil, visible_faces
from facsweb.accounts.permissions import may_see_faces
from facsweb.accounts.types import SignedInRequest

FACES_A_PAGE = 48


@require_safe
def gallery(request: SignedInRequest) -> HttpResponse:
    if not may_see_faces(request.user):
        return render(request, "annotations/no_role.html")
    visible = visible_faces(request.user)
    chosen = FaceFilter(request.GET)
    narrowed = chosen.face_query.apply(visible, request.user)
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
