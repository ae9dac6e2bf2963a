"""Figures of groups of people as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from training.models import FairnessReport
from training.permissions import coder_policy


@extend_schema_field(
    {
        "type": "object",
        "description": "As docs/fairness.md describes it: figures by group and target, the gaps of "
        "each group to all others, and the differences between the groups of a dimension.",
    }
)
class GroupFiguresField(serializers.JSONField):
    """Figures of groups of people."""


@extend_schema_field(
    {
        "type": ["object", "null"],
        "description": "Coders who rate groups differently at equal model score, and each coder's "
        "agreement with the others; null for who isn't a reviewer, and of older runs.",
    }
)
class CodersField(serializers.SerializerMethodField):
    """Findings about coders."""


class FairnessSerializer(serializers.Serializer[Any]):
    training_run = serializers.IntegerField(source="run_id")
    preprocessing_version = serializers.SerializerMethodField()
    groups = GroupFiguresField()
    coders = CodersField()

    @extend_schema_field(OpenApiTypes.INT)
    def get_preprocessing_version(self, report: FairnessReport) -> int | None:
        version = report.run.version
        return version.manifest.get("preprocessing_version") if version else None

    def get_coders(self, report: FairnessReport) -> dict[str, Any] | None:
        may_see = coder_policy.allows(self.context["request"].user, "see")
        return report.coders if may_see else None
