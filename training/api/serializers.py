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
from facsweb.rest.paging import ListParameters
from inference.registry import LONGEST_REASON
from training.models import LONGEST_NOTE, RunNote, TrainingRun
from training.runs.differences import differs_from_recipe

_BIGGEST, _LONGEST_NAME = 1e15, 32


def _percent() -> serializers.IntegerField:
    return serializers.IntegerField(
        read_only=True, help_text="How much of the whole training is over; it never goes back."
    )


def _eta() -> serializers.FloatField:
    return serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Seconds that the whole training will still take; null while nobody can tell.",
    )


@extend_schema_field(
    {
        "type": ["object", "null"],
        "description": "By split; the shape is that of docs/model.md: report, confusion matrix, "
        "per-class and per-AU precision, recall and F1, groups, flags.",
    }
)
class MetricsField(serializers.JSONField):
    """Figures of a training; null until there are any."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "number"}},
        },
        "description": "Of each fit, such as `fold 1 of 5`: the epochs, and losses, metrics and "
        "learning rate at each.",
        "example": {"fold 1 of 5": {"epoch": [1, 2], "loss": [4.1, 3.2], "val_loss": [4.2, 3.6]}},
    }
)
class CurvesField(serializers.JSONField):
    """Curves of a training, fit by fit."""


class LogEntrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField()


class RunFilterSerializer(ListParameters):
    archived = serializers.BooleanField(
        default=False, help_text="Those in the archive, which are left out otherwise."
    )


class RunNoteSerializer(serializers.ModelSerializer[Any]):
    author = serializers.CharField(source="author.username", read_only=True)

    class Meta:
        model = RunNote
        fields = ["id", "author", "written_at", "text"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[OpenApiExample("What it is for", value={"text": "Trained for the June study."})]
)
class NewRunNoteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_NOTE)


@extend_schema_field(
    {
        "type": ["object", "null"],
        "additionalProperties": {"type": "number"},
        "description": "Of a run that trains nothing: the thresholds set, by action unit.",
    }
)
class ThresholdsField(serializers.JSONField):
    """Thresholds by unit; null of a training."""


class TrainingRunSerializer(RunSerializer):
    thresholds = ThresholdsField(read_only=True)
    notes = RunNoteSerializer(many=True, read_only=True)
    archived_by = serializers.CharField(
        source="archived_by.username", read_only=True, default=None, allow_null=True
    )
    differs = serializers.SerializerMethodField(
        help_text="In words, the settings that aren't the recipe's."
    )
    metrics = MetricsField(read_only=True)
    parent_model = serializers.IntegerField(
        source="parent_id", read_only=True, allow_null=True,
        help_text="The champion when the training was asked for.",
    )  # fmt: skip
    curves = CurvesField(read_only=True)
    log = LogEntrySerializer(many=True, read_only=True, help_text="What happened, oldest first.")
    percent = _percent()
    eta_seconds = _eta()

    class Meta:
        model = TrainingRun
        fields = [
            *RUN_FIELDS, "epoch", "config", "history", "metrics", "snapshot", "dataset_sha256",
            "version", "inference_run", "cancel_requested", "parent_model", "code",
            "curves", "log", "differs", "notes", "archived_at", "archived_by", "thresholds",
            "reason",
        ]  # fmt: skip
        read_only_fields = fields

    def get_differs(self, run: TrainingRun) -> list[str]:
        return differs_from_recipe(run.config)


class TrainingRunInListSerializer(RunSerializer):
    """A training run without the figures, which only a single run has."""

    percent = _percent()
    eta_seconds = _eta()

    class Meta:
        model = TrainingRun
        fields = [*RUN_FIELDS, "epoch", "version"]
        read_only_fields = fields


@extend_schema_field(
    {
        "type": "object",
        "description": "By split (test, validation): emotions by name and units by number, each "
        "with faces, positives, roc_auc, average_precision, brier, calibration_error, at most 100 "
        "points of each curve, and found and hits at the thresholds 0.00, 0.01, ... 1.00. "
        "truth: then, what the run learnt from, or later, that of the day of measuring.",
    }
)
class ProbabilityCurvesField(serializers.JSONField):
    """Curves of a training by probability."""


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "One unit", value={"thresholds": {"12": 0.35}, "reason": "Smiles were missed."}
        )
    ]
)
class ThresholdsSerializer(serializers.Serializer[Any]):
    thresholds = serializers.DictField(
        child=serializers.FloatField(),
        allow_empty=False,
        help_text="Action unit -> the probability from which on it is found, in hundredths; units "
        "that are left out keep theirs.",
    )
    reason = serializers.CharField(
        max_length=LONGEST_REASON, help_text="Why; the history keeps it."
    )

    def validate_thresholds(self, given: dict[str, float]) -> dict[int, float]:
        for name in given:
            if not (name.isascii() and name.isdigit() and len(name) <= 2):
                raise serializers.ValidationError("Name action units by their number.")
        return {int(name): threshold for name, threshold in given.items()}


class ProbabilityCurvesSerializer(serializers.Serializer[Any]):
    training_run = serializers.IntegerField(source="pk")
    model = serializers.CharField(source="version.name", allow_null=True)
    thresholds = serializers.SerializerMethodField(
        help_text="The version's threshold of each action unit; null without a version."
    )
    curves = ProbabilityCurvesField(source="probability_curves")

    def get_thresholds(self, run: TrainingRun) -> dict[str, float] | None:
        return run.version.manifest.get("thresholds") if run.version else None


class MetricsSerializer(serializers.Serializer[Any]):
    training_run = serializers.IntegerField(source="pk")
    model = serializers.CharField(source="version.name", allow_null=True)
    metrics = MetricsField()


@extend_schema_serializer(
    examples=[
        OpenApiExample("The recommended settings", value={}),
        OpenApiExample("The published recipe", value={"config": {"recipe": "published"}}),
        OpenApiExample("Fewer folds, another seed", value={"config": {"folds": 3, "seed": 7}}),
    ]
)
class TrainingRequestSerializer(serializers.Serializer[Any]):
    config = serializers.DictField(
        required=False,
        default=dict,
        help_text="Names and values of `training-runs/settings/` that differ from the recipe's.",
    )

    def validate_config(self, config: dict[str, Any]) -> dict[str, Any]:
        for name, value in config.items():
            is_name = isinstance(value, str) and len(value) <= _LONGEST_NAME
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_name and not (number and -_BIGGEST <= value <= _BIGGEST):
                message = f"{name[:64]} must be a short name, or a number within 1e15."
                raise serializers.ValidationError(message)
        return config
