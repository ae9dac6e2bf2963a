"""The gallery: every face that the user may see, filtered."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.codings.selectors import comparison_of, with_comparison
from annotations.faces.looks import record_seen
from annotations.faces.permissions import tag_policy
from annotations.models import Face
from annotations.models.querysets import FaceQuerySet
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
    page = Paginator(_in_order(narrowed, chosen), FACES_A_PAGE).get_page(request.GET.get("page"))
    faces = Face.objects.filter(pk__in=list(page.object_list)).order_by("pk")
    shown = veil(with_comparison(faces, chosen.coder, request.user), request.user)
    look_at(request.user, [face.pk for face in shown])
    record_seen(request.user, [face.pk for face in shown])
    context = {
        "filter": chosen,
        "refused": tag_policy.refusal(request.user, "choose_by", chosen.face_query.groups),
        "page": page,
        "cards": [(face, comparison_of(face)) for face in shown],
        "total": visible.count(),
    }
    return render(request, "annotations/gallery.html", context)


def _in_order(narrowed: FaceQuerySet, chosen: FaceFilter) -> QuerySet[Face, int] | list[int]:
    """Return the ids of the faces, to be counted and cut into pages.

    A filter that goes by readings may have to look at every face, so all that it finds is read at
    once, rather than counted first and then looked for again.
    """
    ids = narrowed.values_list("pk", flat=True)
    return sorted(ids.order_by()) if chosen.is_filtering else ids.order_by("pk")
