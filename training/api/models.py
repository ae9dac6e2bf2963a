"""Models over HTTP, with their lineage and the gate that a promotion passes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from inference import api as inference_api
from inference.permissions import model_policy
from inference.registry import LONGEST_REASON
from inference.serializers import ModelVersionSerializer
from training.api.lineage_serializers import ModelWithLineageSerializer
from training.api.serializers import (
    ThresholdsSerializer,
    TrainingRunSerializer,
)
from training.api.withheld import Withheld
from training.cards.api import ModelCard
from training.curves.thresholds import request_thresholds
from training.permissions import training_policy
from training.promotion import promote
from training.runs.services import retrain


@extend_schema_serializer(
    examples=[
        OpenApiExample("Promote", value={"reason": "Finds AU12 on twice as many faces."}),
        OpenApiExample(
            "Although a figure falls",
            value={"reason": "AU26 isn't used in our study.", "accept_falls": True},
        ),
    ]
)
class PromotionSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(
        max_length=LONGEST_REASON, help_text="Why it becomes the champion; the history keeps it."
    )
    accept_falls = serializers.BooleanField(
        default=False,
        help_text="Whether you accept that guarded figures fall, as the refusal "
        "`guarded_metric_falls` names them.",
    )
    accept_drawn = serializers.BooleanField(
        default=False,
        help_text="Whether you accept that a model that learnt from drawn faces reads photographs, "
        "as the refusal `learnt_from_drawings` says.",
    )


@extend_schema_view(
    retrieve=extend_schema(responses={200: ModelWithLineageSerializer, **errors(404)})
)
class ModelViewSet(Withheld, ModelCard, inference_api.ModelViewSet):
    """Model versions; a single one tells its lineage too, has a card, and is promoted by a gate."""

    scopes = inference_api.ModelViewSet.scopes | {
        "card_notes": "train", "promote": "admin", "retrain": "train", "thresholds": "train",
    }  # fmt: skip

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return ModelWithLineageSerializer if self.action == "retrieve" else ModelVersionSerializer

    @extend_schema(
        request=PromotionSerializer,
        responses={200: ModelVersionSerializer, **errors(400, 403, 404, 409, 413, 415)},
    )
    @action(detail=True, methods=["post"])
    def promote(self, request: ApiRequest, pk: str) -> Response:
        """Make this model the champion, and say why. Admins only.

        409 `comparison_needed`: have it compared with the champion first, by `comparisons/`.
        409 `guarded_metric_falls`: `fields.accept_falls` names what falls; send `accept_falls`.
        409 `learnt_from_drawings`: it is to read photographs all the same; send `accept_drawn`.
        """
        version = self.get_object()
        model_policy.check(request.user, "promote")
        given = PromotionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        promote(version, request.user, **values)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: TrainingRunSerializer, **errors(403, 404, 409, 422)},
    )
    @action(detail=True, methods=["post"])
    def retrain(self, request: ApiRequest, pk: str) -> Response:
        """Train again by this model's settings, without those who withdrew since. Admins only."""
        version = self.get_object()
        training_policy.check(request.user, "start")

        def work() -> Response:
            run = retrain(version, request.user)
            return Response(TrainingRunSerializer(run).data, status=201)

        return answered_once(request, work)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ThresholdsSerializer,
        responses={201: TrainingRunSerializer, **errors(400, 403, 404, 409, 413, 415, 422)},
    )
    @action(detail=True, methods=["post"])
    def thresholds(self, request: ApiRequest, pk: str) -> Response:
        """Make a version with the same network and other thresholds, and say why. Admins only.

        The run that makes it is returned; its version is there when it has succeeded.
        """
        version = self.get_object()
        training_policy.check(request.user, "set_thresholds")
        given = ThresholdsSerializer(data=request.data)
        given.is_valid(raise_exception=True)

        def work() -> Response:
            run = request_thresholds(request.user, version, **given.validated_data)
            return Response(TrainingRunSerializer(run).data, status=201)

        return answered_once(request, work)
