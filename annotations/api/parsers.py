"""JSON bodies of the API: of limited size and depth."""

from __future__ import annotations

import json
import math
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers
from rest_framework.exceptions import ParseError


def strict_json(text: str | bytes) -> Any:
    """JSON without NaN and infinity, which its grammar doesn't have. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is beyond every number.")
    return number


class JSONParser(parsers.JSONParser):
    """DRF's reads the stream whole, however long it is, and falls over deep nesting."""

    def parse(self, stream, media_type=None, parser_context=None):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig("The JSON body is too large.")
        try:
            return strict_json(body.decode("utf-8"))
        except ValueError as error:
            raise ParseError(f"This is not valid JSON: {error}") from None


PARSERS = [JSONParser, parsers.FormParser, parsers.MultiPartParser]
