"""Subjects over HTTP, to be read only."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from annotations.api.serializers_out import SubjectInListSerializer
from annotations.models import Subject
from annotations.models.counting import count_of
from annotations.models.lazy import rows
from annotations.visibility import veiled_subjects, visible_faces, visible_subjects
from annotations.withdrawal.api import SubjectRights
from facsweb.accounts.permissions import may_see_every_face, may_see_faces
from facsweb.rest.error_schema import errors
from facsweb.rest.paging import OldestFirst
from facsweb.rest.viewsets import ReadOnlyViewSet


@extend_schema_view(
    list=extend_schema(responses={200: SubjectInListSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: SubjectInListSerializer, **errors(404)}),
)
class SubjectViewSet(SubjectRights, ReadOnlyViewSet):
    """Subjects by code, with the demographic tags that their source gave, for who may see them."""

    queryset = Subject.objects.none()
    serializer_class = SubjectInListSerializer
    pagination_class = OldestFirst
    scopes = {"consent": "admin", "withdraw": "admin"}
    lookup_field = "code"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,32}"

    def get_queryset(self) -> QuerySet[Subject]:
        user = self.request.user
        veiled = Exists(veiled_subjects(user).filter(pk=OuterRef("pk")))
        faces = rows("Face")
        if may_see_faces(user) and not may_see_every_face(user):
            faces = visible_faces(user)
        return visible_subjects(user).annotate(
            pictures=count_of(faces, "subject"), is_veiled=veiled
        )
