"""JSON bodies of the API: of limited size and depth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


def strict_json(text: str | bytes) -> Any:
    """Read JSON without NaN and infinity, which its grammar doesn't have. Raises ValueError."""
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
    """A strict parser: DRF's takes NaN and fails on deep nesting. Django limits the size."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return strict_json(stream.read().decode("utf-8"))
        except ValueError as error:
            raise ParseError(f"This is not valid JSON: {error}") from None


PARSERS = [JSONParser, parsers.FormParser, parsers.MultiPartParser]
