"""JSON by orjson: pages of the API are mostly numbers and short texts, and there it is fastest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class FastJSONRenderer(JSONRenderer):
    """Django REST framework's JSON in compact UTF-8, by orjson.

    Values that orjson doesn't know are encoded by that framework's encoder.
    """

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=JSONEncoder().default, option=_OPTIONS)
