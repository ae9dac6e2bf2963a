"""The gallery: every face that the user may see, filtered."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from annotations.codings.face_lists import faces_of, page_of
from annotations.codings.selectors import pair_of, with_pair
from annotations.faces.looks import record_seen
from annotations.faces.permissions import tag_policy
from annotations.models import Face
from annotations.pages.forms.faces import FaceFilter
from annotations.visibility import look_at, veil, visible_faces
from facsweb.accounts.permissions import may_see_faces
from facsweb.accounts.types import SignedInRequest
from facsweb.rest.counted import count_to
from facsweb.rest.ids import read_id

FACES_A_PAGE = 48


@require_safe
@gzip_page
def gallery(request: SignedInRequest) -> HttpResponse:
    if not may_see_faces(request.user):
        return render(request, "annotations/no_role.html")
    visible = visible_faces(request.user)
    chosen = FaceFilter(request.GET)
    listed = faces_of(chosen.face_query, visible, request.user)
    page = page_of(
        listed,
        FACES_A_PAGE,
        after=read_id(request.GET.get("after")) or 0,
        before=read_id(request.GET.get("before")),
        last="last" in request.GET,
    )
    faces = Face.objects.filter(pk__in=page.ids).order_by("pk")
    shown = veil(with_pair(faces, chosen.coder, request.user), request.user)
    look_at(request.user, [face.pk for face in shown])
    record_seen(request.user, [face.pk for face in shown])
    context = {
        "filter": chosen,
        "refused": tag_policy.refusal(request.user, "choose_by", chosen.face_query.groups),
        "page": page,
        "cards": [(face, pair_of(face)) for face in shown],
        "count": page.counted(listed.count()),
        "total": count_to(visible),
    }
    return render(request, "annotations/gallery.html", context)
