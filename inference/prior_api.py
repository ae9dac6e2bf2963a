"""The expression prior's readings over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.accounts.permissions import may_see_faces
from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet
from inference.models import PriorRun
from inference.permissions import model_policy
from inference.prior_coder import cancel_prior_run, request_prior_run


class PriorRunSerializer(RunSerializer):
    class Meta:
        model = PriorRun
        fields = RUN_FIELDS
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(responses={200: PriorRunSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: PriorRunSerializer, **errors(404)}),
)
class PriorRunViewSet(ReadOnlyViewSet):
    """Runs in which the expression prior, which was never trained here, reads the faces."""

    queryset = PriorRun.objects.none()
    serializer_class = PriorRunSerializer

    def get_queryset(self) -> QuerySet[PriorRun]:
        runs = PriorRun.objects.select_related("requested_by")
        return runs if may_see_faces(self.request.user) else runs.none()

    scopes = {"create": "train", "cancel": "train"}
    for_whom = {"create": (model_policy, "ask_prior")}

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: PriorRunSerializer, **errors(400, 409, 422)},
    )
    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Have the prior read every face that it hasn't read yet. Admins only."""

        def work() -> Response:
            return Response(self.get_serializer(request_prior_run(request.user)).data, status=201)

        return answered_once(request, work)

    @extend_schema(request=None, responses={200: PriorRunSerializer, **errors(404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel the run; what was read stays. Its requester and admins only."""
        run = self.get_object()
        cancel_prior_run(run, request.user)
        return Response(self.get_serializer(run).data)
