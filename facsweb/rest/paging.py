"""Pages of the API's lists: by a cursor, so that a new row never shifts a page."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

MOST_A_PAGE = 200


class ListParameters(serializers.Serializer[Any]):
    """Parameters of every list; subclasses add filters. A name that isn't declared is refused."""

    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MOST_A_PAGE)
    cursor = serializers.CharField(required=False, help_text="Of a page's `next` or `previous`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.get_fields()))
        if unknown:
            known = ", ".join(self.get_fields())
            raise serializers.ValidationError(
                {name: [f"There is no such parameter; use one of {known}."] for name in unknown}
            )
        return attrs


class OldestFirst(CursorPagination):
    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = MOST_A_PAGE

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """Return the order of a list, which may offer several: `view.ordering_asked()` names it."""
        asked = getattr(view, "ordering_asked", None)
        wanted = asked() if asked else ""
        return (wanted or self.ordering,)

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        if getattr(view, "asked", None) is None:  # else the view has read its filters
            ListParameters(data=request.query_params).is_valid(raise_exception=True)
        self._is_number = "confidence" in self.get_ordering(request, queryset, view)[0]
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = "http://localhost:8000/api/v1/faces/?cursor=cD0xMDA%3D"
        link = {"type": ["string", "null"], "format": "uri", "example": page}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "The next page's address; null on the last."},
                "previous": {**link, "description": "Null on the first."},
                "results": schema,
            },
        }

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor else None
        if position is not None and not self._fits(str(position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def _fits(self, position: str) -> bool:
        if not self._is_number:
            return position.isascii() and position.isdigit() and len(position) < 19
        try:
            return math.isfinite(float(position))
        except ValueError:
            return False


class NewestFirst(OldestFirst):
    ordering = "-pk"
