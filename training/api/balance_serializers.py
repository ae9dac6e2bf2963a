"""The balance of a run's labels as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field(
    {
        "type": "object",
        "description": "As docs/balance.md tells: `overall`, `splits` and `groups` "
        "with faces, share and effective subjects of each class and unit; `together`; `flags`.",
    }
)
class BalanceField(serializers.JSONField):
    """The spread of a training's labels."""


@extend_schema_field(
    {"type": "object", "description": "What occurs with what in CK+, as `balance.together`."}
)
class TogetherField(serializers.JSONField):
    """Counts of what occurs with what."""


class RuleSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField(help_text="As flags name it.")
    title = serializers.CharField()
    when = serializers.CharField()
    why = serializers.CharField()
    remedy = serializers.CharField()


class BalanceSerializer(serializers.Serializer[Any]):
    training_run = serializers.IntegerField()
    balance = BalanceField()
    ckplus = TogetherField()
    rules = RuleSerializer(many=True)
