"""Data sets, label files, and what is no table of ours."""

from tests.annotations.transfers.understood import Case

TREES: list[Case] = []
