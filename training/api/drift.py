"""Drift checks over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.accounts.permissions import may_read_figures
from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from facsweb.rest.error_schema import errors
from facsweb.rest.id_field import IdField
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet
from inference.models import ModelVersion
from training.api.withheld import Withheld
from training.drift.services import MOST_LAST, cancel_drift_check, request_drift_check
from training.models import DriftCheck
from training.permissions import training_policy


@extend_schema_field(
    {
        "type": ["object", "null"],
        "description": "As docs/drift.md tells: `before`, `after`, `tests`, `performance` (an "
        "estimate) and `too_few`; null until the check has ended.",
    }
)
class DriftField(serializers.JSONField):
    """The outcome of a check."""


class DriftCheckInListSerializer(RunSerializer):
    """A drift check without its outcome, which only a single check has."""

    model = serializers.IntegerField(source="version_id", read_only=True)

    class Meta:
        model = DriftCheck
        fields = [
            *RUN_FIELDS, "model", "uploaded_from", "uploaded_until", "last", "first_at", "last_at",
        ]  # fmt: skip
        read_only_fields = fields


class DriftCheckSerializer(DriftCheckInListSerializer):
    result = DriftField(read_only=True)

    class Meta(DriftCheckInListSerializer.Meta):
        fields = [*DriftCheckInListSerializer.Meta.fields, "result"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample("All new faces", value={"model": 1}),
        OpenApiExample("The last 500", value={"model": 1, "last": 500}),
    ]
)
class DriftRequestSerializer(serializers.Serializer[Any]):
    """The model to check, and the new faces: all, those of a time, or the last so many."""

    model = IdField()
    uploaded_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    uploaded_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    last = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_LAST
    )

    def validate_model(self, pk: int) -> ModelVersion:
        version = ModelVersion.objects.filter(pk=pk).first()
        if version is None:
            raise serializers.ValidationError("There is no such model.")
        return version


@extend_schema_view(
    list=extend_schema(responses={200: DriftCheckInListSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: DriftCheckSerializer, **errors(404)}),
)
class DriftCheckViewSet(Withheld, ReadOnlyViewSet):
    queryset = DriftCheck.objects.none()

    scopes = {"create": "train", "cancel": "train"}
    for_whom = {"create": (training_policy, "check_drift")}

    def get_queryset(self) -> QuerySet[DriftCheck]:
        checks = DriftCheck.objects.select_related("requested_by")
        checks = checks.defer("result") if self.action == "list" else checks
        return checks if may_read_figures(self.request.user) else checks.none()

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return DriftCheckInListSerializer if self.action == "list" else DriftCheckSerializer

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=DriftRequestSerializer,
        responses={201: DriftCheckSerializer, **errors(400, 409, 415, 422)},
    )
    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Compare new faces with those that a model learnt from. Reviewers and admins only."""
        given = DriftRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = dict(given.validated_data)

        def work() -> Response:
            check = request_drift_check(asked.pop("model"), request.user, **asked)
            return Response(self.get_serializer(check).data, status=201)

        return answered_once(request, work)

    @extend_schema(request=None, responses={200: DriftCheckSerializer, **errors(403, 404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel the check. Reviewers and admins only."""
        check = self.get_object()
        cancel_drift_check(check, request.user)
        return Response(self.get_serializer(check).data)
