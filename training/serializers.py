"""Training runs as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from training.models import TrainingRun

_BIGGEST = 1e15


@extend_schema_field(
    {
        "type": ["object", "null"],
        "description": "By split; the shape is that of docs/model.md: report, confusion matrix, "
        "per-class and per-AU precision, recall and F1, groups, flags.",
    }
)
class MetricsField(serializers.JSONField):
    """Figures of a training; null until there are any."""


class TrainingRunSerializer(RunSerializer):
    metrics = MetricsField(read_only=True)

    class Meta:
        model = TrainingRun
        fields = [
            *RUN_FIELDS, "epoch", "config", "history", "metrics", "snapshot", "dataset_sha256",
            "version", "inference_run", "cancel_requested",
        ]  # fmt: skip
        read_only_fields = fields


class TrainingRunInListSerializer(RunSerializer):
    """A training run without the figures, which only a single run has."""

    class Meta:
        model = TrainingRun
        fields = [*RUN_FIELDS, "epoch", "version"]
        read_only_fields = fields


class MetricsSerializer(serializers.Serializer[Any]):
    training_run = serializers.IntegerField(source="pk")
    model = serializers.CharField(source="version.name", allow_null=True)
    metrics = MetricsField()


@extend_schema_serializer(
    examples=[
        OpenApiExample("The recommended settings", value={}),
        OpenApiExample("Fewer folds, another seed", value={"config": {"folds": 3, "seed": 7}}),
    ]
)
class TrainingRequestSerializer(serializers.Serializer[Any]):
    config = serializers.DictField(
        required=False,
        default=dict,
        help_text="Names and numbers of training/ml/config.py that differ from the default.",
    )

    def validate_config(self, config: dict[str, Any]) -> dict[str, Any]:
        for name, value in config.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not -_BIGGEST <= value <= _BIGGEST:
                raise serializers.ValidationError(f"{name[:64]} must be a number within 1e15.")
        return config
