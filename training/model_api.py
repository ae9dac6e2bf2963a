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
from facsweb.rest.requests import ApiRequest
from inference import api as inference_api
from inference.permissions import model_policy
from inference.registry import LONGEST_REASON
from inference.serializers import ModelVersionSerializer
from training.cards.api import ModelCard
from training.promotion import promote
from training.serializers import ModelWithLineageSerializer


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


@extend_schema_view(
    retrieve=extend_schema(responses={200: ModelWithLineageSerializer, **errors(404)})
)
class ModelViewSet(ModelCard, inference_api.ModelViewSet):
    """Model versions; a single one tells its lineage too, has a card, and is promoted by a gate."""

    scopes = inference_api.ModelViewSet.scopes | {"card_notes": "train", "promote": "admin"}

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
        """
        version = self.get_object()
        model_policy.check(request.user, "promote")
        given = PromotionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        promote(version, request.user, values["reason"], accept_falls=values["accept_falls"])
        return Response(self.get_serializer(self.get_object()).data)
