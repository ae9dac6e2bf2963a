"""Subjects, coders and decisions over HTTP: reading only."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.filters import ReviewFilterSerializer
from annotations.api.serializers_out import (
    CoderSerializer,
    ReviewSerializer,
    SubjectInListSerializer,
    errors,
)
from annotations.models import Coder, Coding, Review, Subject
from annotations.review.decisions import undo_review
from annotations.visibility import look_at, veiled_subjects
from facsweb.accounts.permissions import may_see_faces
from facsweb.rest.idempotency import answered_once
from facsweb.rest.ids import ID_DIGITS
from facsweb.rest.limits import LimitedBody
from facsweb.rest.paging import NewestFirst, OldestFirst
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.parsers import PARSERS
from facsweb.rest.requests import ApiRequest

#: For classes that have a method `list`.
_Page = list[Any]


class _ReadOnly(
    LimitedBody, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]
):
    pagination_class = OldestFirst
    parser_classes = PARSERS
    lookup_value_regex = ID_DIGITS


@extend_schema_view(
    list=extend_schema(responses={200: SubjectInListSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: SubjectInListSerializer, **errors(404)}),
)
class SubjectViewSet(_ReadOnly):
    """People photographed, by code, with the demographic tags that their source gave."""

    queryset = Subject.objects.none()
    serializer_class = SubjectInListSerializer
    lookup_field = "code"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,32}"

    def get_queryset(self) -> QuerySet[Subject]:
        if not may_see_faces(self.request.user):
            return Subject.objects.none()
        veiled = Exists(veiled_subjects(self.request.user).filter(pk=OuterRef("pk")))
        return Subject.objects.annotate(pictures=Count("faces"), is_veiled=veiled)


@extend_schema_view(
    list=extend_schema(responses={200: CoderSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: CoderSerializer, **errors(404)}),
)
class CoderViewSet(_ReadOnly):
    """Who or what codes faces: people, model versions and imports."""

    queryset = Coder.objects.none()
    serializer_class = CoderSerializer

    def get_queryset(self) -> QuerySet[Coder]:
        if not may_see_faces(self.request.user):
            return Coder.objects.none()
        seen = Coding.objects.visible_to(self.request.user).filter(is_withdrawn=False)
        return Coder.objects.annotate(
            standing=Count("codings", filter=Q(codings__in=seen.values("pk")))
        )


@extend_schema_view(retrieve=extend_schema(responses={200: ReviewSerializer, **errors(404)}))
class ReviewViewSet(_ReadOnly):
    """Decisions, latest first. None is ever changed; undoing one writes another."""

    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    pagination_class = NewestFirst
    scopes = {"undo": "label"}

    def get_queryset(self) -> QuerySet[Review]:
        undone = Exists(Review.objects.filter(undoes=OuterRef("pk")))
        reviews = Review.objects.visible_to(self.request.user).select_related("reviewer")
        return reviews.annotate(undone=undone)

    @extend_schema(
        parameters=[ReviewFilterSerializer],
        responses={200: ReviewSerializer(many=True), **errors(400, 404)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decisions that you may know of."""
        return super().list(request, *args, **kwargs)

    def paginate_queryset(self, queryset: QuerySet[Any]) -> _Page:
        page = super().paginate_queryset(queryset) or []
        look_at(self.request.user, {review.face_id for review in page})
        return page

    def get_object(self) -> Review:
        review: Review = super().get_object()
        look_at(self.request.user, [review.face_id])
        return review

    def filter_queryset(self, queryset: Any) -> Any:
        if self.action != "list":
            return queryset
        self.asked = ReviewFilterSerializer(data=self.request.query_params)
        self.asked.is_valid(raise_exception=True)
        return self.asked.narrow(queryset)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: ReviewSerializer, **errors(400, 404, 409, 422)},
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: ApiRequest, pk: str) -> Response:
        """Take a decision back: the former truth is the truth again. Its author, or an admin."""
        review = self.get_object()

        def work() -> Response:
            undoing = undo_review(review, request.user)
            return Response(ReviewSerializer(self.get_queryset().get(pk=undoing.pk)).data, 201)

        return answered_once(request, work)
