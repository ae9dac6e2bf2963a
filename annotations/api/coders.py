"""Coders over HTTP, to be read only."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from annotations.api.serializers_out import CoderSerializer
from annotations.models import Coder
from annotations.models.counting import count_of
from annotations.visibility import visible_codings
from facsweb.accounts.permissions import may_see_faces
from facsweb.rest.error_schema import errors
from facsweb.rest.paging import OldestFirst
from facsweb.rest.viewsets import ReadOnlyViewSet


@extend_schema_view(
    list=extend_schema(responses={200: CoderSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: CoderSerializer, **errors(404)}),
)
class CoderViewSet(ReadOnlyViewSet):
    """Coders of faces: people, model versions and imports."""

    queryset = Coder.objects.none()
    serializer_class = CoderSerializer
    pagination_class = OldestFirst

    def get_queryset(self) -> QuerySet[Coder]:
        if not may_see_faces(self.request.user):
            return Coder.objects.none()
        seen = visible_codings(self.request.user).filter(is_withdrawn=False)
        return Coder.objects.annotate(standing=count_of(seen, "coder"))
