"""Comparisons of coders over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet
from training.api.comparison_serializers import (
    ComparisonInListSerializer,
    ComparisonRequestSerializer,
    ComparisonSerializer,
)
from training.api.withheld import Withheld
from training.comparisons.services import cancel_comparison, request_comparison, visible_comparisons
from training.models import Comparison
from training.permissions import comparison_policy


@extend_schema_view(
    list=extend_schema(responses={200: ComparisonInListSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: ComparisonSerializer, **errors(404)}),
)
class ComparisonViewSet(Withheld, ReadOnlyViewSet):
    """Coders beside one another on the same faces: model versions, people, imports.

    One that has a person in it is for reviewers and admins who have nothing to code blind.
    """

    queryset = Comparison.objects.none()

    scopes = {"create": "train", "cancel": "train"}
    for_whom = {"create": (comparison_policy, "start")}

    def get_queryset(self) -> QuerySet[Comparison]:
        found = visible_comparisons(self.request.user)
        return found.defer("figures", "moves") if self.action == "list" else found

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return ComparisonInListSerializer if self.action == "list" else ComparisonSerializer

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ComparisonRequestSerializer,
        responses={201: ComparisonSerializer, **errors(400, 409, 415, 422)},
    )
    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Have two to five coders compared with the first of them. Reviewers and admins only.

        The answer is the comparison that is under way already, where there is one.
        """
        given = ComparisonRequestSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)

        def work() -> Response:
            made = request_comparison(request.user, given.validated_data["coders"])
            return Response(self.get_serializer(self._again(made)).data, status=201)

        return answered_once(request, work)

    @extend_schema(request=None, responses={200: ComparisonSerializer, **errors(403, 404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel the comparison. Its requester and admins only."""
        comparison = self.get_object()
        cancel_comparison(comparison, request.user)
        return Response(self.get_serializer(comparison).data)

    def _again(self, comparison: Comparison) -> Comparison:
        found: Comparison = self.get_queryset().get(pk=comparison.pk)
        return found
