"""Comparisons as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from annotations.models import Coder
from annotations.visibility import hidden_among
from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from facsweb.rest.id_field import IdField
from training.comparisons.services import FEWEST, MOST, comparable_coders
from training.ml.compared import Compared
from training.models import ComparedCoder, Comparison


class ComparedCoderSerializer(serializers.ModelSerializer[ComparedCoder]):
    id = serializers.IntegerField(source="coder_id", read_only=True)
    name = serializers.CharField(source="coder.name", read_only=True)
    kind = serializers.ChoiceField(source="coder.kind", choices=Coder.Kind.choices, read_only=True)
    about = serializers.JSONField(
        read_only=True,
        help_text="Its `readings`; on how many the truth is its own coding (`source`) or took it "
        "over (`adopted`); `blind` ones; of a model, `splits` in its training.",
    )

    preprocessing_version = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="By which a model version trained here crops pictures; null of everybody else. "
        "Where versions differ, a crop can make a gap.",
    )

    class Meta:
        model = ComparedCoder
        fields = ["id", "name", "kind", "preprocessing_version", "about"]
        read_only_fields = fields


@extend_schema_field(
    {
        "type": ["object", "null"],
        "description": "`overall`, `classes`, `units`, `groups`, `worst` (docs/comparing.md): of "
        "each figure `figures` (one a coder) and `differences` to the first with 95 % intervals, "
        "and `verdicts`: higher, lower, alike, too few. `mcnemar`: one test for each other coder.",
    }
)
class FoundField(serializers.JSONField):
    """Figures of a comparison; null until there are any."""

    def to_representation(self, value: Any) -> Any:
        return _with_verdicts(value)


def _with_verdicts(value: Any) -> Any:
    """Add to each compared figure, wherever it stands, what can be said of its differences."""
    if isinstance(value, list):
        return [_with_verdicts(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "differences" not in value:
        return {name: _with_verdicts(each) for name, each in value.items()}
    row = Compared.from_json(value)
    return value | {"verdicts": [row.verdict(at) for at in range(1, len(row.differences) + 1)]}


class MovedSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    faces = serializers.ListField(
        child=serializers.IntegerField(), help_text="The first of them that you may know of."
    )


class MovesSerializer(serializers.Serializer[Any]):
    """Faces that a coder reads better or worse than the first; by units, the greatest first."""

    emotion_better = MovedSerializer()
    emotion_worse = MovedSerializer()
    units_better = MovedSerializer()
    units_worse = MovedSerializer()


class ComparisonInListSerializer(RunSerializer):
    """A comparison without its figures, which only a single one has."""

    coders = ComparedCoderSerializer(source="sides", many=True, read_only=True)

    class Meta:
        model = Comparison
        fields = [*RUN_FIELDS, "coders"]
        read_only_fields = fields


class ComparisonSerializer(ComparisonInListSerializer):
    figures = FoundField(read_only=True)
    moves = serializers.SerializerMethodField(
        help_text="One for each coder but the first, in their order."
    )

    class Meta(ComparisonInListSerializer.Meta):
        fields = [*RUN_FIELDS, "coders", "figures", "moves", "cancel_requested"]
        read_only_fields = fields

    @extend_schema_field(MovesSerializer(many=True))
    def get_moves(self, comparison: Comparison) -> list[dict[str, Any]]:
        named = {pk for its in comparison.moves for kind in its.values() for pk in kind["faces"]}
        hidden = hidden_among(named, self.context["request"].user)
        return [
            {
                name: kind | {"faces": [pk for pk in kind["faces"] if pk not in hidden]}
                for name, kind in its.items()
            }
            for its in comparison.moves
        ]


@extend_schema_serializer(
    examples=[OpenApiExample("Two model versions, and a person", value={"coders": [2, 3, 7]})]
)
class ComparisonRequestSerializer(serializers.Serializer[Any]):
    coders = serializers.ListField(
        child=IdField(),
        min_length=FEWEST,
        max_length=MOST,
        help_text="Ids of coders; the others are compared with the first.",
    )

    def validate_coders(self, ids: list[int]) -> list[Coder]:
        allowed = comparable_coders(self.context["request"].user)
        known = {coder.pk: coder for coder in allowed.filter(pk__in=ids)}
        for pk in ids:
            if pk not in known:
                raise serializers.ValidationError(
                    f"There is no coder {pk} who has coded a face, or none that you may know of."
                )
        return [known[pk] for pk in ids]
