"""The lineage of models as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inference.models import ModelVersion
from inference.serializers import ModelVersionSerializer
from training.runs.lineage import lineage_of


class CodeVersionSerializer(serializers.Serializer[Any]):
    """The code that a worker ran."""

    version = serializers.CharField()
    commit = serializers.CharField(help_text="Blank: the code isn't in a repository of its own.")
    changed = serializers.BooleanField(help_text="Whether there were uncommitted changes.")
    source_sha256 = serializers.CharField(help_text="Digest of the source files.")


class LineageSerializer(serializers.Serializer[Any]):
    """The lineage of a model: what it was made of, by whom, what differs from its parent."""

    training_run = serializers.IntegerField(allow_null=True)
    also_made_by = serializers.ListField(
        child=serializers.IntegerField(), help_text="Later runs that gave the very same model."
    )
    requested_by = serializers.CharField(allow_null=True)
    requested_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    snapshot = serializers.IntegerField(
        allow_null=True, help_text="What it learnt from; the API's faces take it as `snapshot`."
    )
    dataset_sha256 = serializers.CharField(help_text="Digest of pictures, subjects and labels.")
    data_changes = serializers.DictField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Since the parent: faces before, after, new, gone and recoded. Null: unknown.",
    )
    faces = serializers.IntegerField(allow_null=True)
    seed = serializers.IntegerField(allow_null=True)
    config = serializers.DictField(help_text="Every setting of the recipe.")
    preprocessing_version = serializers.IntegerField(allow_null=True)
    code = CodeVersionSerializer(allow_null=True)
    libraries = serializers.DictField(child=serializers.CharField())
    parent_model = serializers.IntegerField(
        allow_null=True, help_text="The champion when the training was asked for."
    )
    parent_model_name = serializers.CharField(allow_null=True)
    differences = serializers.ListField(
        child=serializers.CharField(), help_text="What differs from the parent, in words."
    )


class ModelWithLineageSerializer(ModelVersionSerializer):
    lineage = serializers.SerializerMethodField()

    class Meta(ModelVersionSerializer.Meta):
        fields = [*ModelVersionSerializer.Meta.fields, "lineage"]
        read_only_fields = fields

    @extend_schema_field(LineageSerializer)
    def get_lineage(self, version: ModelVersion) -> dict[str, Any]:
        return dict(LineageSerializer(lineage_of(version).to_json()).data)
