"""Pages of the API's lists: by id, so that a new row never shifts a page."""

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class OldestFirst(CursorPagination):
    ordering = "pk"

    def decode_cursor(self, request):
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor else None
        if position is not None and not (position.isascii() and position.isdigit()):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class NewestFirst(OldestFirst):
    ordering = "-pk"
