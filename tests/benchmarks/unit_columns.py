"""Columns that keep scores once more, for benchmarks that write codings by themselves."""

from importlib import import_module

from django.apps import apps


def fill_unit_columns() -> None:
    """Write them for every coding, as the migrations that brought them did."""
    for migration in ("0008_unit_bits", "0016_least_confidence"):
        import_module(f"annotations.migrations.{migration}").fill(apps, None)
