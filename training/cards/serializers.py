"""Cards, data sheets and their notes as JSON, for the schema: training.cards.as_json writes it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from training.cards.document import Form
from training.models import LONGEST_NOTE


@extend_schema_field(
    {
        "type": ["object", "number", "string", "null"],
        "additionalProperties": True,
        "description": "Null: not recorded. A measured figure is an object of `value`, `low`, "
        "`high` (its 95 % interval) and `note` (why there is no value); so many of so many is one "
        "of `count` and `of`; a group one of `name`, `faces` and `subjects`.",
    }
)
class ValueField(serializers.JSONField):
    """A value of a fact or a cell."""


class FactSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="The same in every card.")
    label = serializers.CharField()  # type: ignore[assignment]  # taken off the class
    value = ValueField()
    text = serializers.CharField(help_text="The value as the page says it.")


class ColumnSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # taken off the class
    form = serializers.ChoiceField([form.value for form in Form])


class CardTableSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    note = serializers.CharField()
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(
        child=serializers.DictField(child=ValueField()), help_text="Values by their column's key."
    )


class CardPartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    says = serializers.ListField(child=serializers.CharField())
    facts = FactSerializer(many=True)
    tables = CardTableSerializer(many=True)


class CardSectionSerializer(CardPartSerializer):
    sections = CardPartSerializer(many=True)


class CardNoteSerializer(serializers.Serializer[Any]):
    author = serializers.CharField()
    written_at = serializers.DateTimeField()
    text = serializers.CharField()


class CardSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["model_card", "datasheet"])
    format_version = serializers.IntegerField()
    title = serializers.CharField()
    lead = serializers.CharField()
    sections = CardSectionSerializer(many=True)
    references = serializers.ListField(child=serializers.CharField())
    notes = CardNoteSerializer(many=True)


@extend_schema_serializer(
    examples=[OpenApiExample("A note", value={"text": "Every subject signed form 3 of 2024."})]
)
class NewNoteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(
        max_length=LONGEST_NOTE, help_text="Signed with your name, dated, and never changed."
    )
