"""Tables that other programs write."""

from tests.annotations.transfers.understood import Case

TABLES: list[Case] = []
