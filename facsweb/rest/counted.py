"""Counts for pages, that stop where a page has told enough: "more than 1,000"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

#: Nobody works through more in one go, and to count on would cost more the more there are.
ENOUGH = 1000


@dataclass(frozen=True)
class Counted:
    """A number of rows; `is_more`: there are more than it."""

    number: int
    is_more: bool = False

    def __str__(self) -> str:
        return f"more than {self.number:,}" if self.is_more else f"{self.number:,}"


def count_to(rows: QuerySet[Any], most: int = ENOUGH) -> Counted:
    """Count rows, in any order, until there are more than `most`."""
    found = rows.order_by()[: most + 1].count()  # an order would have them all sorted first
    return Counted(min(found, most), found > most)
