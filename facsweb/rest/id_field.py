"""Ids in what the API accepts, as in facsweb/rest/ids.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from facsweb.rest.ids import BIGGEST_ID


class IdField(serializers.IntegerField):
    """A row's id, 1 to 2^63-1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not data.isascii():
            self.fail("invalid")  # int() takes the digits of every script
        return super().to_internal_value(data)
