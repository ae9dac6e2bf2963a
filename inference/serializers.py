"""Models and inference runs as JSON."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from annotations.visibility import visible_faces
from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from facsweb.rest.id_field import IdField
from inference.ml.precision import Precision
from inference.models import AliasMove, InferenceRun, ModelAlias, ModelVersion


class DifferenceSerializer(serializers.Serializer[Any]):
    """A figure by int8 and by the numbers learnt in, on the same faces; null is undefined."""

    learnt = serializers.FloatField(allow_null=True)
    int8 = serializers.FloatField(allow_null=True)
    difference = serializers.FloatField(allow_null=True, help_text="int8's less the other.")
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval by subject.")
    high = serializers.FloatField(allow_null=True)


class Int8ComparisonSerializer(serializers.Serializer[Any]):
    """Readings in int8 beside those in the numbers that the model learnt in.

    The same faces, by parts that had never seen their subjects.
    """

    faces = serializers.IntegerField()
    subjects = serializers.IntegerField()
    figures = serializers.DictField(
        child=DifferenceSerializer(),
        help_text="emotion_accuracy, emotion_macro_f1 and au_macro_f1.",
    )
    emotions_changed = serializers.IntegerField(help_text="Faces that get another emotion.")
    units_changed = serializers.IntegerField(help_text="Units of faces that are called otherwise.")
    furthest = serializers.FloatField(help_text="The largest difference of a probability.")
    learnt_in = serializers.ChoiceField(
        choices=[Precision.FP32, Precision.BF16],
        help_text="bf16 where the processor that it learnt on multiplies such by itself.",
    )


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    aliases: serializers.SlugRelatedField[ModelAlias] = serializers.SlugRelatedField(
        slug_field="name", many=True, read_only=True, help_text="champion, candidate or none."
    )

    drawn_share = serializers.FloatField(
        source="coder.drawn_share", read_only=True, allow_null=True,
        help_text="Of the faces that it learnt from, drawings of nobody. Above 0: don't trust it "
        "on photographs. Null: not known.",
    )  # fmt: skip

    withdrawn_subjects = serializers.SerializerMethodField(
        help_text="How many subjects that it learnt from have withdrawn since."
    )

    precision = serializers.ChoiceField(
        source="asked.precision", choices=[*Precision], read_only=True,
        help_text="The numbers in which workers of this installation ask it.",
    )  # fmt: skip
    precision_reason = serializers.CharField(source="asked.why", read_only=True)
    int8_comparison = Int8ComparisonSerializer(
        source="asked.comparison", read_only=True, allow_null=True,
        help_text="Null: int8 was never compared, or not by these thresholds.",
    )  # fmt: skip

    class Meta:
        model = ModelVersion
        fields = [
            "id", "name", "sha256", "aliases", "drawn_share", "withdrawn_subjects", "precision",
            "precision_reason", "int8_comparison", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_withdrawn_subjects(self, version: ModelVersion) -> int:
        return len(version.withdrawn_marks)


class AliasMoveSerializer(serializers.ModelSerializer[AliasMove]):
    model = serializers.IntegerField(source="version_id", read_only=True)
    model_name = serializers.CharField(source="version.name", read_only=True)
    previous = serializers.IntegerField(
        source="previous_id", read_only=True, allow_null=True, help_text="Null: the first move."
    )
    moved_by = serializers.CharField(
        source="moved_by.username", read_only=True, default=None, allow_null=True,
        help_text="Null: the system, after a training.",
    )  # fmt: skip

    evidence = serializers.JSONField(
        read_only=True,
        help_text="Of a promotion: the comparison with the former champion, its faces, and the "
        "falls that were accepted. Empty for other moves.",
    )

    class Meta:
        model = AliasMove
        fields = [
            "id", "alias", "previous", "model", "model_name", "moved_by", "moved_at", "reason",
            "evidence",
        ]  # fmt: skip
        read_only_fields = fields


class InferenceRunSerializer(RunSerializer):
    model = serializers.IntegerField(source="version_id", read_only=True)
    faces = serializers.ListField(
        source="face_ids",
        child=serializers.IntegerField(),
        allow_null=True,
        read_only=True,
        help_text="Null: every face.",
    )

    class Meta:
        model = InferenceRun
        fields = [*RUN_FIELDS, "model", "faces"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample("The champion, every face", value={}),
        OpenApiExample("Another model, two faces", value={"model": 3, "faces": [7, 8]}),
    ]
)
class InferenceRequestSerializer(serializers.Serializer[Any]):
    """The model to ask and the faces to predict; null means the champion, and every face."""

    model = IdField(required=False, allow_null=True, default=None)
    faces = serializers.ListField(
        child=IdField(),
        required=False,
        allow_null=True,
        default=None,
        allow_empty=False,
        max_length=1000,
    )

    def validate_model(self, pk: int | None) -> ModelVersion | None:
        if pk is None:
            return None
        version = ModelVersion.objects.filter(pk=pk).first()
        if version is None:
            raise serializers.ValidationError("There is no such model.")
        return version

    def validate_faces(self, ids: list[int] | None) -> list[int] | None:
        if ids is None:
            return None
        visible = visible_faces(self.context["request"].user)
        known = set(visible.filter(pk__in=ids).values_list("pk", flat=True))
        missing = sorted(set(ids) - known)
        if missing:
            raise serializers.ValidationError(f"There is no face {missing[0]}.")
        return sorted(known)
