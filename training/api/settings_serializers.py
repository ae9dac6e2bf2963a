"""The settings of a training as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SettingSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    group = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's is the field's own
    help = serializers.CharField()
    low = serializers.FloatField(allow_null=True, help_text="Null where it is a name.")
    high = serializers.FloatField(allow_null=True)
    names = serializers.ListField(
        child=serializers.CharField(allow_blank=True), help_text="Empty where it is a number."
    )


class SettingsSerializer(serializers.Serializer[Any]):
    settings = SettingSerializer(many=True)
    recipes = serializers.DictField(
        child=serializers.DictField(), help_text="The values that each recipe brings."
    )
