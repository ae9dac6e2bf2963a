"""Fields that imports, exports, predictions and trainings have in common."""

from typing import Any

from rest_framework import serializers

RUN_FIELDS = [
    "id", "status", "stage", "done", "total", "percent", "eta_seconds", "error",
    "requested_by", "created_at", "started_at", "finished_at",
]  # fmt: skip


class RunSerializer(serializers.ModelSerializer[Any]):
    requested_by = serializers.CharField(
        source="requested_by.username", read_only=True, default=None, allow_null=True
    )
    percent = serializers.IntegerField(read_only=True)
