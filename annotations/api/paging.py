"""Pages of the API's lists: by a cursor, so that a new row never shifts a page."""

from __future__ import annotations

import math

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination

MOST_A_PAGE = 200


class OldestFirst(CursorPagination):
    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = MOST_A_PAGE

    def get_ordering(self, request, queryset, view) -> tuple[str, ...]:
        """A list may offer more than one order: `view.ordering_asked()` names it."""
        asked = getattr(view, "ordering_asked", None)
        wanted = asked() if asked else ""
        return (wanted or self.ordering,)

    def paginate_queryset(self, queryset, request, view=None):
        self._is_number = "confidence" in self.get_ordering(request, queryset, view)[0]
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request):
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor else None
        if position is not None and not self._fits(position):
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
