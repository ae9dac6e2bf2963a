"""Additions to the schema that drf-spectacular makes."""

from __future__ import annotations

import re
from typing import Any

_METHODS = {"get", "post", "put", "patch", "delete"}
_END = re.compile(r"\.(\s|$)")


def add_summaries(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the first sentence of each description as the operation's summary; named in settings."""
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in _METHODS and "summary" not in operation:
                sentence = _END.split(operation.get("description", ""), maxsplit=1)[0]
                operation["summary"] = " ".join(sentence.replace("`", "").split())
    return result
