"""Errors in the schema: their one shape, and an example of each status."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

#: Status -> an error with that status, as it is met here.
ERRORS: dict[int, dict[str, Any]] = {
    400: {
        "code": "invalid",
        "detail": "Some values are not valid: emotion.",
        "fields": {"emotion": ['"happy" is not a valid choice.']},
    },
    401: {
        "code": "authentication_failed",
        "detail": "This token is unknown, expired or revoked. Make a new one.",
        "fields": {},
    },
    403: {
        "code": "insufficient_scope",
        "detail": "This token's scopes (read) don't include “label”. Create a token that has it.",
        "fields": {},
    },
    404: {"code": "not_found", "detail": "No Face matches the given query.", "fields": {}},
    409: {
        "code": "stale_coding",
        "detail": "The ground truth of this face was changed meanwhile by ada. "
        "Look at the new one, then decide again.",
        "fields": {},
    },
    412: {
        "code": "precondition_failed",
        "detail": "This face was decided on since you read it. Read it again.",
        "fields": {},
    },
    413: {
        "code": "too_large",
        "detail": "At most 5,242,880 bytes besides files are accepted. Send less at once.",
        "fields": {},
    },
    422: {
        "code": "idempotency_key_reused",
        "detail": "This Idempotency-Key was used for another request. Choose a new one.",
        "fields": {},
    },
    429: {
        "code": "throttled",
        "detail": "Request was throttled. Expected available in 21 seconds.",
        "fields": {},
    },
}


@extend_schema_serializer(
    examples=[
        OpenApiExample(body["code"], value=body, status_codes=[str(status)], response_only=True)
        for status, body in ERRORS.items()
    ]
)
class ErrorSerializer(serializers.Serializer[Any]):
    """The shape of every error of the API."""

    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="For people.")
    # DRF takes declared fields off the class, so its own `fields` stays what it was.
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What is wrong with which field.",
    )


def errors(*statuses: int) -> dict[int, type[ErrorSerializer]]:
    """Return, for the schema, these statuses and those that any request may meet."""
    return dict.fromkeys(sorted({401, 403, 429, *statuses}), ErrorSerializer)
