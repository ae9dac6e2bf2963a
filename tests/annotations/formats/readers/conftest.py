"""Small data sets in both layouts."""

from tests.annotations.data_sets import ck, labels, media, state  # noqa: F401 - fixtures
