"""Models and inference runs over HTTP."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.response import Response

from annotations.api import faces as annotations_api
from annotations.api.batches import BatchUpload
from annotations.models import Face
from facsweb.accounts.permissions import may_read_figures, may_see_faces
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet
from inference.models import AliasMove, InferenceRun, ModelVersion
from inference.permissions import model_policy
from inference.registry import champion, roll_back
from inference.serializers import (
    AliasMoveSerializer,
    InferenceRequestSerializer,
    InferenceRunSerializer,
    ModelVersionSerializer,
)
from inference.services import cancel_inference, request_inference


class FaceViewSet(BatchUpload, annotations_api.FaceViewSet):
    """Faces; a model can be asked to predict those that are uploaded."""

    def most_bytes(self) -> int:
        return settings.BATCH_MAX_BYTES if self.action == "batch" else super().most_bytes()

    def ask_for_predictions(self, faces: list[Face], wanted: bool | None) -> int | None:
        version = champion()
        reads = version is not None and not version.is_outdated
        if wanted is False or (wanted is None and not reads):
            return None
        return request_inference(version, self.request.user, [face.pk for face in faces]).pk


@extend_schema_view(
    list=extend_schema(responses={200: ModelVersionSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: ModelVersionSerializer, **errors(404)}),
)
class ModelViewSet(ReadOnlyViewSet):
    queryset = ModelVersion.objects.none()
    serializer_class = ModelVersionSerializer

    def get_queryset(self) -> QuerySet[ModelVersion]:
        versions = ModelVersion.objects.select_related("coder").prefetch_related(
            "aliases", "withdrawn"
        )
        return versions if may_read_figures(self.request.user) else versions.none()

    scopes = {"roll_back": "admin"}
    for_whom = {"roll_back": (model_policy, "promote")}

    @extend_schema(request=None, responses={200: ModelVersionSerializer, **errors(403, 409)})
    @action(detail=False, methods=["post"], url_path="roll-back")
    def roll_back(self, request: ApiRequest) -> Response:
        """Make the former champion the champion again; return it. Admins only."""
        version = roll_back(request.user)
        return Response(self.get_serializer(self.get_queryset().get(pk=version.pk)).data)


@extend_schema_view(
    list=extend_schema(responses={200: AliasMoveSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: AliasMoveSerializer, **errors(404)}),
)
class AliasMoveViewSet(ReadOnlyViewSet):
    """The history of the champion and the candidate: who moved an alias, when, from, to, why."""

    queryset = AliasMove.objects.none()
    serializer_class = AliasMoveSerializer

    def get_queryset(self) -> QuerySet[AliasMove]:
        moves = AliasMove.objects.select_related("previous", "version", "moved_by")
        return moves if may_read_figures(self.request.user) else moves.none()


@extend_schema_view(
    list=extend_schema(responses={200: InferenceRunSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: InferenceRunSerializer, **errors(404)}),
)
class InferenceRunViewSet(ReadOnlyViewSet):
    queryset = InferenceRun.objects.none()
    serializer_class = InferenceRunSerializer

    def get_queryset(self) -> QuerySet[InferenceRun]:
        runs = InferenceRun.objects.select_related("requested_by").defer("splits")
        return runs if may_see_faces(self.request.user) else runs.none()

    scopes = {"create": "train", "cancel": "train"}
    for_whom = {"create": (model_policy, "predict_all")}

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=InferenceRequestSerializer,
        responses={201: InferenceRunSerializer, **errors(400, 409, 415, 422)},
    )
    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Request a model's predictions of some faces, or of all. Reviewers and admins only."""
        given = InferenceRequestSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        values = given.validated_data

        def work() -> Response:
            run = request_inference(values["model"], request.user, values["faces"])
            return Response(self.get_serializer(run).data, status=201)

        return answered_once(request, work)

    @extend_schema(request=None, responses={200: InferenceRunSerializer, **errors(404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel the run; predictions already made are kept. Its requester and admins only."""
        run = self.get_object()
        cancel_inference(run, request.user)
        return Response(self.get_serializer(run).data)
