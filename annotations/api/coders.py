"""Coders over HTTP, to be read only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from annotations.api.serializers_out import CoderSerializer
from annotations.codings.standing_counts import visible_counts
from annotations.models import Coder
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
        return Coder.objects.order_by("pk")

    def paginate_queryset(self, queryset: Any) -> Any:
        return self._counted(super().paginate_queryset(queryset) or [])

    def get_object(self) -> Coder:
        return self._counted([super().get_object()])[0]

    def _counted(self, coders: Sequence[Coder]) -> Sequence[Coder]:
        """Give coders the number of their codings that the user may see, for the serializer."""
        counts = visible_counts([coder.pk for coder in coders], self.request.user)
        for coder in coders:
            cast(Any, coder).standing = counts[coder.pk]
        return coders
