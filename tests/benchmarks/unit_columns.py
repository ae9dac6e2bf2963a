"""The columns of bits, for benchmarks that write codings and scores by themselves."""

from importlib import import_module

from django.apps import apps


def fill_unit_columns() -> None:
    """Write the bits of every coding, as the migration that brought them did."""
    import_module("annotations.migrations.0008_unit_bits").fill(apps, None)
