"""Decisions over HTTP: read them, take one back."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.filters import ReviewFilterSerializer
from annotations.api.serializers_out import ReviewSerializer
from annotations.faces.looks import record_listed
from annotations.models import Review
from annotations.review.decisions import undo_review
from annotations.visibility import look_at, visible_reviews
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet

#: For a class that has a method `list`.
_Page = list[Any]


@extend_schema_view(retrieve=extend_schema(responses={200: ReviewSerializer, **errors(404)}))
class ReviewViewSet(ReadOnlyViewSet):
    """Decisions, latest first. None is ever changed; undoing one writes another."""

    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    scopes = {"undo": "label"}

    def get_queryset(self) -> QuerySet[Review]:
        undone = Exists(Review.objects.filter(undoes=OuterRef("pk")))
        reviews = visible_reviews(self.request.user).select_related("reviewer")
        return reviews.annotate(undone=undone)

    @extend_schema(
        parameters=[ReviewFilterSerializer],
        responses={200: ReviewSerializer(many=True), **errors(400, 404)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the decisions that you may know of, latest first."""
        return super().list(request, *args, **kwargs)

    def paginate_queryset(self, queryset: QuerySet[Any]) -> _Page:
        page = super().paginate_queryset(queryset) or []
        look_at(self.request.user, {review.face_id for review in page})
        record_listed(self.request.user, "review.listed", [review.pk for review in page])
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
        """Take a decision back: the former truth is the truth again.

        For its author, or an admin.
        """
        review = self.get_object()

        def work() -> Response:
            undoing = undo_review(review, request.user)
            return Response(ReviewSerializer(self.get_queryset().get(pk=undoing.pk)).data, 201)

        return answered_once(request, work)
