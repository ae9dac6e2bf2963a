"""What drf-spectacular leaves out of the schema."""

from __future__ import annotations

from typing import Any

_METHODS = {"get", "post", "put", "patch", "delete"}


def add_summaries(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """The first sentence of each description as the operation's summary; named in settings."""
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in _METHODS and "summary" not in operation:
                sentence, *_ = operation.get("description", "").partition(". ")
                operation["summary"] = " ".join(sentence.split()).rstrip(".")
    return result
